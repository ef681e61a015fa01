// Tencent's npm package, as it is, sending to and pulling from a console; prints the answers as JSON.
"use strict";

const http = require("http");
const https = require("https");

const { CONSOLE, SDK_APP_ID, APP_KEY, TEMPLATE, QCLOUDSMS_JS } = process.env;
const address = new URL(CONSOLE);

// The package knows https on port 443 only; a test's console has neither.
https.request = (options, callback) =>
  http.request({ ...options, host: address.hostname, port: address.port }, callback);

const sms = require(QCLOUDSMS_JS)(Number(SDK_APP_ID), APP_KEY);
const at = (sender, method) => {
  sender.url = `${CONSOLE}/v5/tlssmssvr/${method}`;
  return sender;
};
const asked = (call) =>
  new Promise((resolve, reject) => call((error, _response, data) => (error ? reject(error) : resolve(data))));

const now = Math.floor(Date.now() / 1000);
const text = "【演示商城】您的订单A2已打包发送，快递单号SF2，请注意查收。";

const send = async () => ({
  single: await asked((done) =>
    at(sms.SmsSingleSender(), "sendsms").sendWithParam(
      86, "13788888801", TEMPLATE, ["A1", "SF2"], "演示商城", "", "order 7", done)),
  raw: await asked((done) =>
    at(sms.SmsSingleSender(), "sendsms").send(0, 86, "13788888802", text, "", "", done)),
  multi: await asked((done) =>
    at(sms.SmsMultiSender(), "sendmultisms2").sendWithParam(
      86, ["13788888803", "13788888804", "12"], TEMPLATE, ["A3", "SF2"], "演示商城", "", "", done)),
});

const pull = async () => ({
  status: await asked((done) => at(sms.SmsStatusPuller(), "pullstatus").pullCallback(10, done)),
  reply: await asked((done) => at(sms.SmsStatusPuller(), "pullstatus").pullReply(10, done)),
  mobile: await asked((done) =>
    at(sms.SmsMobileStatusPuller(), "pullstatus4mobile").pullCallback(
      86, "13788888801", now - 3600, now + 60, 10, done)),
});

({ send, pull })[process.argv[2]]().then(
  (told) => console.log(JSON.stringify(told)),
  (error) => { console.error(error); process.exit(1); },
);
