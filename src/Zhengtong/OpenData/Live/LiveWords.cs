using Zhengtong.Kernel;
using Zhengtong.OpenData.Publishing;

namespace Zhengtong.OpenData.Live;

/// <summary>How pages say what keeps a live dataset.</summary>
internal static class LiveWords
{
    /// <summary>What is wrong, in a sentence.</summary>
    internal static string Of(string problem) => Text.Of($"open-data.live.problem.{problem}");

    /// <summary>The data about it: codes in words, names as they are. What has no words stands for itself.</summary>
    internal static string Detail(string problem, string? detail) => detail is null ? "" : problem switch
    {
        "import" => Text.Find($"open-data.import.fault.{detail}") ?? detail,
        "unreadable" => Text.Find(detail) ?? detail,
        "finding" => Listed(detail, ' ', PublishingWords.OfFinding),
        "rules" => Listed(detail, ',', field => field == "resources" ? Text.Of("open-data.publishing.file") : DraftPage.LabelOf(field) ?? field),
        _ => detail,
    };

    private static string Listed(string codes, char between, Func<string, string> word) =>
        string.Join(Text.Of("open-data.live.and"), codes.Split(between, StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(word).Distinct(StringComparer.Ordinal));
}
