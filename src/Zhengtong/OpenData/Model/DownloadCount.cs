namespace Zhengtong.OpenData.Model;

/// <summary>How often a dataset was downloaded on one day, in China's zone: whole files and tables; a resumed download counts once.</summary>
internal sealed class DownloadCount
{
    internal required Guid DatasetId { get; init; }

    internal required DateOnly Day { get; init; }

    /// <summary>From 1.</summary>
    internal required long Count { get; set; }
}
