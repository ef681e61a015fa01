"""Topics that carriers refuse in SMS: the words they are recognized by. Data only.

Chinese words are looked for anywhere, English ones as whole words. A word stands here only where it rarely means
anything else; a reviewer decides about the rest.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from smsconsole.lib.types import Region

HOME: Final = frozenset({Region.DOMESTIC})
EVERYWHERE: Final = frozenset(Region)
NOWHERE: Final[frozenset[Region]] = frozenset()
EVERY_KIND: Final = frozenset({"verification", "notification", "marketing"})
ALL_BUT_CODES: Final = frozenset({"notification", "marketing"})


@dataclass(frozen=True, slots=True)
class Topic:
    """`chinese` and `english` are alternatives of a pattern. `hard_in`: regions where it is refused, else it warns.

    `kinds` are the types that it is refused in; finance, real estate and education may send verification codes.
    """

    key: str
    name: str | Promise
    chinese: str
    english: str
    preset: str
    refused: str
    allowed: str
    hard_in: frozenset[Region] = NOWHERE
    kinds: frozenset[str] = EVERY_KIND
    pattern: re.Pattern[str] = field(init=False)

    def __post_init__(self) -> None:
        both = "|".join(filter(None, [self.chinese, rf"\b(?:{self.english})\b" if self.english else ""]))
        object.__setattr__(self, "pattern", re.compile(both, re.IGNORECASE | re.ASCII))


TOPICS: Final = (
    Topic("gambling", _("Gambling and lottery"),
          "赌博|赌场|百家乐|(?<!微)博彩|六合彩|下注(?![意册明释])|投注(?![意册])|彩票|开奖号码|老虎机",
          r"casinos?|betting|gambling|slot machines?|jackpots?|lottery|lotto|poker|sportsbook",
          "banned", "您好，本站彩票投注开放中。", "您好，您预订的电影票已出票。", HOME),
    Topic("pornography", _("Pornography"),
          "色情|裸聊|激情视频|成人影片|一夜情|援交|招嫖",
          r"porn|pornography|escort service|nude chat|sex cams?",
          "banned", "您好，成人影片在线观看。", "您好，您预订的影片已上线。", EVERYWHERE),
    Topic("drugs", _("Drugs"),
          "(?<!消)毒品|冰毒|大麻(?![烦花袋将])|摇头丸|迷药|海洛因",
          r"cocaine|heroin|meth|marijuana|cannabis|ecstasy pills?",
          "banned", "本店出售大麻，欢迎选购。", "本店大米已到货，请来店领取。", HOME),
    Topic("weapons", _("Weapons, violence and threats"),
          "枪支(?!持)|弹药|仿真枪|雇凶|砍死|弄死|炸药",
          r"firearms?|ammunition|explosives|hitman|kill you",
          "banned", "出售仿真枪，货到付款。", "您订购的玩具已送达。", HOME),
    Topic("politics", _("Party politics"),
          "反党|法轮功|台独(?![立特家有享])|(?<!收)藏独(?![家特立])|疆独(?![特家有立])|六四事件|颠覆政权",
          r"falun gong|overthrow the government",
          "banned", "法轮功资料免费领取。", "图书馆资料可免费领取。", HOME),
    Topic("religion", _("Religion and superstition"),
          "算命|占卜|风水大师|开光法器|改运势|转运符|超度法事",
          r"fortune[- ]tell(?:er|ing)|psychic reading|horoscope reading|exorcism",
          "banned", "大师算命，请预约。", "您预约的体检请准时到达。"),
    Topic("funerals", _("Funerals"),
          "墓地|殡葬|公墓|骨灰",
          r"funeral homes?|burial plots?|cremation",
          "banned", "公墓现房，欢迎来访。", "公园开放时间为8点到18点。"),
    Topic("recruiting", _("Recruiting and interviews"),
          "招聘|招工|急聘|诚聘|兼职|日结工资|工资日结|面试邀请|面试通知|高薪",
          r"job offers?|we(?:'| a)re hiring|part[- ]time jobs?|work from home|job interview|recruiters?",
          "recruiting", "急聘兼职，日结工资。", "您的排班已更新，请查看。"),
    Topic("finance", _("Stocks, investment, loans and insurance"),
          "贷款|借款|当天放款|快速放款|立即放款|信用贷|网贷|荐股|炒股|股票推荐|理财产品|高收益|保本|提额|投资回报|保险产品|虚拟币|比特币",
          r"loans?|credit limit increase|stock tips?|guaranteed returns?|forex|bitcoin|crypto(?:currency)?|insurance quotes?",
          "finance", "无抵押贷款，当天放款。", "您的账单已生成，请查看。", HOME, ALL_BUT_CODES),
    Topic("games", _("Games and gold"),
          "游戏币|私服|充值返利|手游开服|棋牌",
          r"game gold|private server|free spins?",
          "finance", "传奇私服今日开服。", "您借阅的图书今日到期。"),
    Topic("dating", _("Dating"),
          "交友|相亲|征婚|约会对象|附近的人",
          r"dating|singles near you|meet singles|hookups?",
          "dating", "同城交友，今晚见面。", "您的订单今晚送达。"),
    Topic("dunning", _("Dunning and credit reports"),
          "催收|欠款|逾期未还|拖欠|征信|失信|尽快还款|律师函|起诉",
          r"overdue (?:debt|payment)|debt collection|credit report|final demand|legal action against you",
          "dunning", "您已逾期未还，将上报征信。", "您借阅的图书请按时归还。"),
    Topic("property", _("Real estate and decoration"),
          "楼盘|售楼|学区房|首付|房源|商铺出租|二手房|装修公司|精装修|别墅",
          r"real estate|apartments? for sale|mortgage|condos?|home renovation offers?",
          "property-education", "新楼盘开盘，首付两成。", "您的快递已放入柜中。", HOME, ALL_BUT_CODES),
    Topic("education", _("Education and exams"),
          "培训班|补习|课程优惠|试听课|招生|考研辅导|学历提升|考试包过|保过班",
          r"tuition classes|admission open|degree courses?|exam answers?|pass guaranteed",
          "property-education", "暑期培训班招生，试听课免费。", "图书馆暑期开放时间已调整。", HOME, ALL_BUT_CODES),
    Topic("cheating", _("Exam cheating and fake papers"),
          "代考(?![古虑])|替考|考试答案|办假证|假发票|假文凭",
          r"fake (?:ids?|passports?|diplomas?|invoices?)|buy (?:a )?degree",
          "banned", "出售假文凭，联系我们。", "您的发票已开具，请查收。", EVERYWHERE),
    Topic("counterfeits", _("Counterfeits"),
          "高仿|精仿|仿品",
          r"replica (?:watches|bags)|counterfeit",
          "banned", "高仿名表，一比一。", "您送修的手表已修好。", HOME),
    Topic("personal-data", _("Trade in personal data and accounts"),
          "出售个人信息|客户资料出售|高价收号|实名号出售|银行卡收购",
          r"buy leads list|phone lists? for sale|stolen accounts?",
          "banned", "银行卡收购，高价。", "您的会员卡已激活。", EVERYWHERE),
    Topic("fraud", _("Fake orders, prizes and cash-back"),
          "刷单|刷信誉|空包网|空包代发|好评返现|中奖|一元夺宝|1元夺宝|抽奖|返利",
          r"you(?:'ve| have)? won|claim your prize|free iphone|raffle|cash for reviews|fake orders?",
          "banned", "恭喜您中奖，请领取。", "您的包裹已到，请领取。"),
    Topic("medical", _("Medicine, beauty and surgery"),
          "整形|隆胸|双眼皮|壮阳|增高药|减肥药|祛斑|妇科|男科|包治",
          r"plastic surgery|viagra|weight[- ]loss pills?|botox offers?",
          "banned", "减肥药特效，七天见效。", "您预约的门诊在明天。"),
    Topic("nightlife", _("Clubs, bars and alcohol"),
          "夜总会|足浴|洗浴中心|酒吧|白酒|名酒",
          r"night ?clubs?|strip club|foot massage|liquor|whisky deals",
          "banned", "足浴新店开业。", "新店营业时间为9点到20点。"),
    Topic("contacts", _("Adding groups, QQ or WeChat"),
          "加群|加微信|加QQ|加我微|微信群|QQ群|扣扣",
          r"add me on|join our (?:group|telegram|whatsapp)|whatsapp me",
          "banned", "更多福利请加微信。", "更多信息请见订单页。"),
    Topic("spam", _("Advertising SMS, invoices and trademarks"),
          "短信群发|短信通道|代开发票|发票代开|商标注册|代理记账|移民|签证代办",
          r"bulk sms|sms marketing services?|trademark registration|immigration (?:agents?|services?)",
          "banned", "短信群发通道，价格优惠。", "您的短信服务已开通。"),
    Topic("charity", _("Crowdfunding, charity and legal claims"),
          "众筹|募捐|捐款|维权|集体诉讼",
          r"crowd ?funding|donate now|class action",
          "banned", "众筹捐款，献出爱心。", "感谢您参加本次活动。"),
    Topic("reviews", _("Begging for reviews and winning back"),
          "五星好评|求好评|给个好评|老用户召回",
          r"five[- ]star review|leave (?:us )?a 5[- ]star|we miss you",
          "smuggled", "请给个好评，谢谢。", "您的评价已收到，谢谢。"),
    Topic("furs", _("Furs"),
          "皮草|貂皮",
          r"mink coats?|fur coats?",
          "banned", "皮草特卖，欢迎选购。", "皮具已修好，欢迎来取。"),
)  # fmt: skip

# What a signature may not name, wherever it is sent.
IN_SIGNATURES: Final = frozenset(
    {"gambling", "pornography", "drugs", "weapons", "politics", "religion", "dating", "cheating"}
)
