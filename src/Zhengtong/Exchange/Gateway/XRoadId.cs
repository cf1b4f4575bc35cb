using System.Buffers;
using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;

namespace Zhengtong.Exchange.Gateway;

/// <summary>An X-Road member or subsystem (pr-rest 1.0.4, section 4.2): instance, class, member and, of a subsystem, its code.</summary>
internal sealed record XRoadId(string Instance, string Class, string Member, string? Subsystem)
{
    /// <summary>Methods that X-Road speaks.</summary>
    internal static readonly FrozenSet<string> Methods = FrozenSet.ToFrozenSet(["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"]);

    private const int LongestMessageId = 255;
    private static readonly SearchValues<char> Allowed = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'()+,-.=?");

    /// <summary>True for a code of 1 to 60 of the characters that X-Road allows, dots alone excepted.</summary>
    internal static bool IsCode(string code) => code.Length is > 0 and <= 60 && !code.AsSpan().ContainsAnyExcept(Allowed) && code.AsSpan().ContainsAnyExcept('.');

    /// <summary>Reads the form of headers: parts joined by slashes, each percent-encoded alone.</summary>
    internal static bool TryParse(string? text, [NotNullWhen(true)] out XRoadId? id)
    {
        id = null;
        if (CallTarget.Read("/" + text, out _) is not { } read || read.PathLength != read.Raw.Length || read.Segments.Count is not (3 or 4) || !read.Segments.All(IsCode)) { return false; }
        id = new XRoadId(read.Segments[0], read.Segments[1], read.Segments[2], read.Segments.ElementAtOrDefault(3));
        return true;
    }

    /// <summary>What is wrong with X-Road-Id, or null.</summary>
    internal static Refusal? MessageIdFault(IHeaderDictionary headers) => headers["X-Road-Id"].ToString().Length > LongestMessageId ? Refusal.Malformed("X-Road-Id") : null;

    /// <summary>X-Road-Id, or one made for the message.</summary>
    internal static string MessageIdOf(IHeaderDictionary headers, DateTimeOffset now) => headers["X-Road-Id"].ToString() is { Length: > 0 } given ? given : Guid.CreateVersion7(now).ToString();

    /// <inheritdoc/>
    public override string ToString() => string.Join('/', new[] { Instance, Class, Member, Subsystem }.OfType<string>().Select(p => p.Replace("?", "%3F", StringComparison.Ordinal)));
}
