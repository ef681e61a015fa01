// Tencent's npm package, as it is, sending to and pulling from a console; prints the answers as JSON.
"use strict";

const { ENDPOINT, SDK_APP_ID, SECRET_ID, SECRET_KEY, TEMPLATE, TENCENTCLOUD_NODEJS_SMS } = process.env;
const { sms } = require(TENCENTCLOUD_NODEJS_SMS);

const client = (version, signMethod) =>
  new sms[version].Client({
    credential: { secretId: SECRET_ID, secretKey: SECRET_KEY },
    region: "ap-guangzhou",
    profile: { signMethod, httpProfile: { endpoint: ENDPOINT, protocol: "http://" } },
  });

const newer = client("v20210111", "TC3-HMAC-SHA256");
const older = client("v20190711", "HmacSHA256");
const numbers = ["+8613788888801", "12"];
const values = ["A1", "SF2"];

const send = async () => ({
  new: await newer.SendSms({
    PhoneNumberSet: numbers, SmsSdkAppId: SDK_APP_ID, TemplateId: TEMPLATE, SignName: "演示商城",
    TemplateParamSet: values, SessionContext: "order 7",
  }),
  old: await older.SendSms({
    PhoneNumberSet: ["+8613788888802", "12"], SmsSdkAppid: SDK_APP_ID, TemplateID: TEMPLATE, Sign: "演示商城",
    TemplateParamSet: values,
  }),
  refused: await newer.PullSmsSendStatus({ SmsSdkAppId: "1400000001", Limit: 10 }).then(
    () => ({}), (error) => ({ code: error.code, requestId: error.requestId })),
  templates: await newer.DescribeSmsTemplateList({ International: 0, Limit: 10, Offset: 0 }),
});

const pull = async () => ({
  status: await newer.PullSmsSendStatus({ SmsSdkAppId: SDK_APP_ID, Limit: 10 }),
  reply: await older.PullSmsReplyStatus({ SmsSdkAppid: SDK_APP_ID, Limit: 10 }),
});

({ send, pull })[process.argv[2]]().then(
  (told) => console.log(JSON.stringify(told)),
  (error) => { console.error(error); process.exit(1); },
);
