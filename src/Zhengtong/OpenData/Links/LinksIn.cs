using System.Text.RegularExpressions;
using Zhengtong.OpenData.Harvest;

namespace Zhengtong.OpenData.Links;

/// <summary>The web addresses in a text.</summary>
internal static partial class LinksIn
{
    /// <summary>Most addresses of one dataset that are looked at.</summary>
    internal const int Most = 200;

    /// <summary>In order; what Markdown puts around them and what ends a sentence left away.</summary>
    internal static IEnumerable<string> Text(string text) => Address().Matches(text).Select(m => m.Value.TrimEnd('.', ',', ';', ':', '!', '?', '*', '_', '\'')).Where(PortalConnections.IsAddress).Take(Most);

    [GeneratedRegex(@"https?://[^\s<>()\[\]""\u0060{}|\\^\u3000-\u303f\uff00-\uffef]{1,2000}", RegexOptions.IgnoreCase)]
    private static partial Regex Address();
}
