using Zhengtong.Kernel;

namespace Zhengtong.Cloud.Model;

/// <summary>A kind of resource that quotas count. Kinds are data: those of <see cref="Seeds"/> are there from the start, the authority adds others.</summary>
internal sealed class ResourceKind
{
    internal const int LongestCode = 40;

    /// <summary>A lower-case letter, then letters, digits and hyphens; at most 40 characters.</summary>
    internal required string Code { get; init; }

    /// <summary>What people call it; of the kinds that are there from the start the resource files say it.</summary>
    internal required string Name { get; init; }

    /// <summary>What one is: <c>m-core</c> (a thousandth of a core), <c>MiB</c>, <c>GiB</c>, <c>1</c>; at most 20 characters.</summary>
    internal required string Unit { get; init; }

    /// <summary>True when a host gives it; false for what is only counted, such as instances.</summary>
    internal required bool IsOnHost { get; init; }

    /// <summary>What is there from the start.</summary>
    internal static readonly IReadOnlyList<(string Code, string Unit, bool IsOnHost)> Seeds =
        [("vcpu", "m-core", true), ("memory", "MiB", true), ("disk", "GiB", true), ("instance", "1", false), ("database", "1", false), ("address", "1", false)];

    /// <summary>What it is called where its unit is written beside the amount.</summary>
    internal static string NameOf(string code) => Text.Find($"cloud.kind-name.{code}") ?? code;

    /// <summary>What the kind is called in the reader's language, with its unit.</summary>
    internal static string TitleOf(string code, string name) => name.Length > 0 ? name : Text.Find($"cloud.kind.{code}") ?? code;
}
