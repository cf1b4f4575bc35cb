using System.Text.RegularExpressions;

namespace Zhengtong.Cloud.Engines;

/// <summary>The name of something that an engine keeps: a project, an instance, a network, a volume, a snapshot. 1 to 63 letters (ASCII), digits and hyphens; begins with a letter, does not end
/// with a hyphen. It is a host name, a folder and a part of an address at once, so nothing else ever is one.</summary>
internal readonly partial record struct EngineName
{
    private readonly string? value;

    private EngineName(string value) => this.value = value;

    /// <summary>The project that every engine has.</summary>
    internal static EngineName Default { get; } = new("default");

    internal static bool TryParse(string? text, out EngineName name)
    {
        var good = text is not null && Form().IsMatch(text);
        name = good ? new EngineName(text!) : default;
        return good;
    }

    /// <exception cref="FormatException">It is no name.</exception>
    internal static EngineName Parse(string text) => TryParse(text, out var name) ? name : throw new FormatException("No name of an engine's object: letters, digits and hyphens, at most 63, a letter first");

    /// <exception cref="InvalidOperationException">It was never given a value.</exception>
    public override string ToString() => value ?? throw new InvalidOperationException("A name without a value");

    [GeneratedRegex(@"\A[A-Za-z](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\z")]
    private static partial Regex Form();
}

/// <summary>Which instance: names are unique in their project.</summary>
internal readonly record struct InstanceId(EngineName Project, EngineName Name)
{
    public override string ToString() => $"{Project}/{Name}";
}
