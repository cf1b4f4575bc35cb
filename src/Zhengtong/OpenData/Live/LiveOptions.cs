using System.ComponentModel.DataAnnotations;

namespace Zhengtong.OpenData.Live;

/// <summary>Settings of live datasets, section <c>OpenData:Live</c>.</summary>
internal sealed class LiveOptions
{
    /// <summary>Minutes that lie at least between two versions of a live dataset, 1 to 10,080. A change that ends sooner waits, and goes out so long after it was found at the latest. Default 60.</summary>
    [Range(1, 10_080)]
    public int VersionMinutes { get; set; } = 60;

    /// <summary>The same as a span.</summary>
    internal TimeSpan Distance => TimeSpan.FromMinutes(VersionMinutes);
}
