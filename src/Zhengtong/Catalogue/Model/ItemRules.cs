namespace Zhengtong.Catalogue.Model;

/// <summary>How an item's values are masked 脱敏 before they leave the provider. The catalogue says it, the agreement repeats it, the engine does it.</summary>
public enum ItemMask
{
    /// <summary>Values go as they are.</summary>
    None,
    /// <summary>A person's name: the first character stays, each other becomes an asterisk. 张*, 欧***.</summary>
    Name,
    /// <summary>A resident ID number: the first six (place) and the last two characters stay.</summary>
    IdNumber,
    /// <summary>A telephone number: the first three and the last four digits stay.</summary>
    Phone,
    /// <summary>The last characters stay, as many as <see cref="InformationItem.MaskKeep"/> says.</summary>
    KeepLast,
    /// <summary>HMAC-SHA-256 under a secret of the provider, 64 hex digits: equal values stay equal, none can be read. The only mask a key may have.</summary>
    Hash,
    /// <summary>Made coarser: text keeps its first characters, a number is rounded down to a power of ten, a date or moment to its month (2) or year (1);
    /// <see cref="InformationItem.MaskKeep"/> says how many or which.</summary>
    Generalise,
}

/// <summary>What an item's values are checked against on their way; values that do not pass go to quarantine with the reason.</summary>
public enum ItemCheck
{
    /// <summary>Type and length only.</summary>
    None,
    /// <summary>Unified social credit code with its check character, GB 32100-2015.</summary>
    CreditCode,
    /// <summary>Resident ID number with its check character, GB 11643-1999.</summary>
    IdNumber,
    /// <summary>Administrative division code of six digits, GB/T 2260.</summary>
    RegionCode,
    /// <summary>Telephone number of mainland China.</summary>
    Phone,
    /// <summary>One of <see cref="InformationItem.Codes"/>.</summary>
    CodeList,
}
