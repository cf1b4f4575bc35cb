namespace Zhengtong.OpenData.Reuse;

/// <summary>What the public writes, as it is kept: text and nothing else.</summary>
internal static class Plain
{
    /// <summary>Without outer white space; null when nothing is left.</summary>
    internal static string? OrNull(string? text) => text?.Trim() is { Length: > 0 } left ? left : null;
}
