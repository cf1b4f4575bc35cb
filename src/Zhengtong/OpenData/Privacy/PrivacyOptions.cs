using System.ComponentModel.DataAnnotations;

namespace Zhengtong.OpenData.Privacy;

/// <summary>Settings of the check before publication, section <c>OpenData:Privacy</c>.</summary>
internal sealed class PrivacyOptions
{
    /// <summary>Rows that must share the same traits, and the least count of people that is not small; 2 to 1,000. Default 5.</summary>
    [Range(2, 1_000)]
    public int K { get; set; } = 5;

    /// <summary>How much of a file's text is read, unpacked, in bytes, from 1,000. Default 256 MiB. A longer one is told as not fully read.</summary>
    [Range(1_000, long.MaxValue)]
    public long MostFileBytes { get; set; } = 256L << 20;
}
