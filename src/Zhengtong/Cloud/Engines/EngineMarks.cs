using System.Text.RegularExpressions;

namespace Zhengtong.Cloud.Engines;

/// <summary>Our ids on an engine's objects. Every object that is made carries the owner's mark, and nothing without it is ever touched.</summary>
internal static partial class EngineMarks
{
    /// <summary>Key of the mark that says which platform an object belongs to; set by the engine's driver, never by an order.</summary>
    internal const string Owner = "owner";

    /// <summary>Key of the mark that says which member an instance was moved off, while that member is empty; set by the engine's driver.</summary>
    internal const string Home = "home";

    /// <summary>Key of the mark of an empty volume that stands for one that is gone while an instance is made from a backup: its value is that instance's name. Set by the engine's driver.</summary>
    internal const string Placeholder = "placeholder";

    /// <summary>Most marks of an object, the owner's not counted.</summary>
    internal const int Most = 20;

    /// <summary>What is wrong with an order's marks, or null.</summary>
    internal static EngineAnswer? Fault(IReadOnlyDictionary<string, string> marks) =>
        marks.Count <= Most && marks.All(m => IsKey(m.Key) && m.Key is not (Owner or Home or Placeholder) && IsValue(m.Value)) ? null : EngineAnswer.Refused("mark", "Marks: lower-case keys, values of letters, digits and . _ : -, at most 20");

    /// <summary>What is wrong with the marks of a filter, or null.</summary>
    internal static EngineAnswer? Fault(InstanceFilter filter) =>
        (filter.Mark is null) == (filter.Value is null) && (filter.Mark is null || (IsKey(filter.Mark) && IsValue(filter.Value))) ? null : EngineAnswer.Refused("mark");

    internal static bool IsKey(string? key) => key is not null && Key().IsMatch(key);

    internal static bool IsValue(string? value) => value is not null && Value().IsMatch(value);

    [GeneratedRegex(@"\A[a-z][a-z0-9-]{0,30}\z")]
    private static partial Regex Key();

    [GeneratedRegex(@"\A[A-Za-z0-9._:-]{1,100}\z")]
    private static partial Regex Value();
}
