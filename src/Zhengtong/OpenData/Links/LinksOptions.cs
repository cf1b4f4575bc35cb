using System.ComponentModel.DataAnnotations;

namespace Zhengtong.OpenData.Links;

/// <summary>Settings of the check of links, section <c>OpenData:Links</c>. Where links may lead is said by <c>OpenData:Harvest:ForbiddenNetworks</c>.</summary>
internal sealed class LinksOptions
{
    /// <summary>Hours until a good link is looked at again, 1 to 8,760. Default 168.</summary>
    [Range(1, 8760)]
    public int GoodHours { get; set; } = 168;

    /// <summary>Hours until a failing one is looked at again, 0 to 720. Default 12.</summary>
    [Range(0, 720)]
    public int FailingHours { get; set; } = 12;

    /// <summary>After how many failures in a row a link is dead and its department is told, 1 to 100. Default 3.</summary>
    [Range(1, 100)]
    public int DeadAfter { get; set; } = 3;

    /// <summary>How long one look may take, in seconds, 1 to 300. Default 20.</summary>
    [Range(1, 300)]
    public int Seconds { get; set; } = 20;

    /// <summary>How many hosts are asked at once, 1 to 64; of one host one link at a time. Default 8.</summary>
    [Range(1, 64)]
    public int Hosts { get; set; } = 8;
}
