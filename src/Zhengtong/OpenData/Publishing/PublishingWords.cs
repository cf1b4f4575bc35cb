using Zhengtong.Kernel;
using Zhengtong.OpenData.Model;
using Zhengtong.Web;

namespace Zhengtong.OpenData.Publishing;

/// <summary>What states are called on pages, and how they look.</summary>
internal static class PublishingWords
{
    internal static string Of(DatasetState state) => Text.Of($"open-data.state.{Show.Kebab(state.ToString())}");

    internal static string Of(VersionState state) => Text.Of($"open-data.version.{Show.Kebab(state.ToString())}");

    internal static string Of(OpenAttribute attribute) => Text.Of($"open-data.attribute.{Show.Kebab(attribute.ToString())}");

    internal static string Of(FindingSeverity severity) => Text.Of($"open-data.severity.{Show.Kebab(severity.ToString())}");

    internal static string Of(OpeningCheck check) => Text.Of($"open-data.check.{Show.Kebab(check.ToString())}");

    internal static string Of(CoordinateSystem system) => Text.Of($"open-data.coordinates.{Show.Kebab(system.ToString())}");

    /// <summary>The finding's title; its own word where a text is missing.</summary>
    internal static string OfFinding(string kind) => Text.Find($"open-data.finding.{kind}") ?? kind;

    /// <summary>Where the dataset stands and, when a version is under way, whose turn it is.</summary>
    internal static string Of(DatasetState state, VersionState? underWay) => underWay is { } way && state != DatasetState.Draft ? Text.Of("open-data.publishing.and-under-way", Of(state), Of(way)) : underWay is { } first ? Of(first) : Of(state);

    /// <summary>Whose turn it is; empty when nobody's.</summary>
    internal static string TurnOf(VersionState? underWay) => underWay is { } way ? Text.Of($"open-data.publishing.turn.{Show.Kebab(way.ToString())}") : "";

    internal static string Tone(DatasetState state, VersionState? underWay) => underWay is not null ? "wait" : state switch { DatasetState.Published => "good", DatasetState.Draft => "wait", _ => "stop" };

    internal static string Tone(FindingSeverity severity, bool stands) => severity switch { FindingSeverity.Blocks => stands ? "stop" : "good", FindingSeverity.Warns => "wait", _ => "info" };
}
