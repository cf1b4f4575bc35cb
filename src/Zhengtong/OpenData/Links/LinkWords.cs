using Zhengtong.Kernel;
using Zhengtong.OpenData.Harvest;
using Zhengtong.OpenData.Model;
using Zhengtong.Web;

namespace Zhengtong.OpenData.Links;

/// <summary>How pages say what was found behind a link.</summary>
internal static class LinkWords
{
    /// <summary>How it stands.</summary>
    internal static string Of(LinkState state) => Text.Of($"open-data.links.state.{Show.Kebab(state.ToString())}");

    /// <summary>Tone of its badge.</summary>
    internal static string Tone(LinkState state) => state switch { LinkState.Good => "good", LinkState.Failing => "wait", LinkState.Dead => "stop", _ => "off" };

    /// <summary>The status answered, or why there was no answer.</summary>
    internal static string Found(int? status, string? fault) => fault == "file-missing" ? Text.Of("open-data.links.file-missing") : fault is not null ? HarvestWords.Fault(fault) : status is { } number ? $"HTTP {number}" : "";
}
