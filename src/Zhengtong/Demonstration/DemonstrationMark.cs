namespace Zhengtong.Demonstration;

/// <summary>Stands in a database that holds the demonstration province, before anything else of it does.</summary>
internal sealed class DemonstrationMark
{
    /// <summary>The mark of a database begun as a demonstration.</summary>
    internal const string Begun = "begun";

    internal required string Name { get; init; }

    internal required DateTimeOffset At { get; init; }
}
