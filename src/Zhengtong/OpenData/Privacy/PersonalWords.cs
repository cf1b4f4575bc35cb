using System.Buffers;

namespace Zhengtong.OpenData.Privacy;

/// <summary>The words by which headers, places and conditions are known: data, folded to half width and lower case, never shown to anybody.</summary>
internal static class PersonalWords
{
    internal static readonly string[] IdHeaders = ["身份证", "身份号", "公民身份", "证件号", "证照号", "idcard", "id_card", "id_no", "idno", "sfz", "identity", "zjhm"];
    internal static readonly string[] MobileHeaders = ["手机", "移动电话", "联系电话", "联系方式", "mobile", "cellphone", "cell_phone", "phone", "lxdh", "sjh"];
    internal static readonly string[] BankHeaders = ["银行卡", "银行账", "银行帐", "卡号", "账号", "帐号", "账户", "帐户", "bank", "card_no", "cardno", "account"];
    internal static readonly string[] PassportHeaders = ["护照", "证件号", "通行证", "passport"];
    internal static readonly string[] NameHeaders = ["姓名", "户主", "患者", "学生", "业主", "申请人", "联系人", "当事人", "监护人", "配偶", "受益人", "参保人", "full_name", "person_name", "xingming"];
    internal static readonly string[] NotNameHeaders = ["人数", "数量", "编号", "代码", "比例", "类型", "金额", "学生数", "日期", "时间", "电话", "地址"];
    internal static readonly string[] HomeHeaders = ["家庭", "住址", "居住", "户籍", "户口", "现住", "常住地", "home", "residence", "jtzz"];
    internal static readonly string[] OfficeHeaders = ["注册", "经营", "办公", "单位", "机构", "企业", "公司", "营业", "场所", "学校", "医院", "office", "business"];
    internal static readonly string[] PersonHeaders = ["户主", "住户", "居民", "业主", "家庭", "住址", "居住", "户籍", "患者", "个人", "姓名", "household", "resident", "person"];
    internal static readonly string[] LongitudeHeaders = ["经度", "longitude", "lng", "lon"];
    internal static readonly string[] CountHeaders = ["人数", "例数", "病例数", "户数", "患者数", "死亡数", "cases", "persons", "deaths"];

    /// <summary>What describes a person without naming one. Two of them, one from the first group, make a table about people.</summary>
    internal static readonly string[] StrongTraits = ["性别", "年龄", "出生", "生日", "婚姻", "民族", "gender", "sex", "birth"];
    internal static readonly string[] WeakTraits = ["学历", "文化程度", "职业", "籍贯", "政治面貌", "健康状况", "邮编", "邮政编码", "乡镇", "街道", "村", "社区", "毕业院校", "工作单位", "postcode", "zip", "occupation", "education", "ethnic"];

    /// <summary>Conditions of health that say much about whoever has them.</summary>
    internal static readonly SearchValues<string> Medical = SearchValues.Create(
        ["艾滋", "HIV", "梅毒", "淋病", "性病", "乙肝", "丙肝", "肺结核", "癌", "恶性肿瘤", "白血病", "精神分裂", "精神病", "精神障碍", "抑郁症", "双相障碍", "癫痫", "尿毒症", "糖尿病", "高血压", "冠心病",
            "流产", "不孕", "试管婴儿", "吸毒", "戒毒", "病历号", "住院号", "诊断结果", "残疾等级", "智力残疾", "传染病患者"], StringComparison.OrdinalIgnoreCase);

    /// <summary>First characters of number plates, GA 36-2018.</summary>
    internal static readonly SearchValues<char> PlateProvinces = SearchValues.Create("京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼");

    /// <summary>Last characters of plates of special use, GA 36-2018.</summary>
    internal static readonly SearchValues<char> PlateEnds = SearchValues.Create("挂学警港澳");

    /// <summary>What an address with a dwelling has at its end.</summary>
    internal static readonly SearchValues<char> DwellingMarks = SearchValues.Create("室户元栋幢组号-");

    /// <summary>An address down to the door; the first group is there when it is a dwelling's by its own words.</summary>
    internal const string Dwelling =
        @"(?:路|街|巷|道|弄|胡同|村|庄|屯|社区|小区|花园|家园|公寓|苑|宿舍|里|坊|园|城|家属院)[^,;，；。\n]{0,30}?"
        + @"(?:(?:\d{1,4}|[A-Za-z一二三四五六七八九十])(?:号楼|栋|幢|座)[^,;，；。\n\d]{0,3}(?:\d{1,2}单元)?[^,;，；。\n\d]{0,3}\d{2,4}(?![\d年月日米元万人])"
        + @"|\d{1,2}单元[^,;，；。\n\d]{0,3}\d{2,4}(?![\d年月日米元万人])|\d{2,4}室|\d{1,3}(?:组|社|队)\d{1,4}号|\d{1,3}-\d{1,2}-\d{3,4}(?!\d))";

    internal static readonly string[] DwellingWords = ["小区", "花园", "家园", "公寓", "苑", "新村", "宿舍", "单元", "组", "家属"];

    /// <summary>The hundred commonest family names and the commonest double ones.</summary>
    internal static readonly SearchValues<char> Surnames = SearchValues.Create(
        "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付傅方白邹孟熊秦邱江尹薛闫阎段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤欧司诸上");

    /// <summary>What a name of a person does not end with: places, offices, firms.</summary>
    internal static readonly SearchValues<char> NotNameEnds = SearchValues.Create("村镇乡县市区庄街路局院校所厂店社站部司会处科室组岭河山湖桥园城省");

    /// <summary>Providers of private mail.</summary>
    internal static readonly string[] MailHosts =
    [
        "qq.com", "vip.qq.com", "foxmail.com", "163.com", "vip.163.com", "126.com", "yeah.net", "sina.com", "sina.cn", "vip.sina.com", "sohu.com", "139.com", "189.cn", "wo.cn", "aliyun.com",
        "21cn.com", "tom.com", "gmail.com", "googlemail.com", "hotmail.com", "outlook.com", "live.com", "live.cn", "msn.com", "yahoo.com", "yahoo.cn", "yahoo.com.cn", "icloud.com", "me.com", "proton.me", "protonmail.com",
    ];

    /// <summary>True when the folded header holds one of the words.</summary>
    internal static bool Has(string folded, string[] words)
    {
        foreach (var word in words)
        {
            if (folded.Contains(word, StringComparison.Ordinal)) { return true; }
        }

        return false;
    }
}
