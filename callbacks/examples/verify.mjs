import { createHmac, timingSafeEqual } from "node:crypto";

const OLDEST_SECONDS = 300;

/** Whether this request came from the console. `body` is a Buffer or string, exactly as it arrived. */
export function isGenuine(headers, body, secret, now = Date.now() / 1000) {
  const sentAt = headers["webhook-timestamp"] ?? "";
  if (!/^\d+$/.test(sentAt) || Math.abs(now - Number(sentAt)) > OLDEST_SECONDS) return false;
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  const expected = Buffer.from(
    "v1," + createHmac("sha256", key).update(`${headers["webhook-id"]}.${sentAt}.`).update(body).digest("base64"),
  );
  // While the secret is being rotated there are two signatures.
  return (headers["webhook-signature"] ?? "").split(" ").some((one) => {
    const given = Buffer.from(one);
    return given.length === expected.length && timingSafeEqual(given, expected);
  });
}
