using Zhengtong.Agreements;
using Zhengtong.Catalogue.Model;

namespace Zhengtong.Exchange.Gateway;

/// <summary>What of a service may be called under one agreement. The service's other operations are known too: what its router would take for one of them is not
/// let through as a parameter of an agreed one.</summary>
internal sealed class OperationTable
{
    private readonly Template[] templates;

    internal OperationTable(IEnumerable<AgreedOperation> agreed, IEnumerable<ServiceOperation> catalogued)
    {
        var may = agreed.Select(o => new Template(o.Method, SegmentsOf(o.Path), IsAgreed: true)).ToList();
        templates = [.. may, .. catalogued.Select(o => new Template(o.Method, SegmentsOf(o.Path), IsAgreed: false)).Where(o => !may.Exists(m => m.IsSameAs(o)))];
    }

    /// <summary>True when the call is an agreed operation, and no other operation of the service fits it better.</summary>
    /// <param name="method">Upper-case HTTP method.</param>
    /// <param name="segments">Decoded segments behind the service's address; none means its address itself.</param>
    internal bool Allows(string method, ReadOnlySpan<string> segments)
    {
        if (segments.IsEmpty) { segments = new[] { "" }; }
        Template? best = null;
        foreach (var template in templates)
        {
            if (template.Fits(method, segments) && (best is null || template.IsNearerThan(best))) { best = template; }
        }

        return best is { IsAgreed: true };
    }

    /// <summary>Null for a parameter.</summary>
    private static string?[] SegmentsOf(string path) => [.. path[1..].Split('/').Select(s => s is ['{', .., '}'] ? null : s)];

    private sealed record Template(string Method, string?[] Segments, bool IsAgreed)
    {
        internal bool IsSameAs(Template other) => Method == other.Method && Segments.AsSpan().SequenceEqual(other.Segments);

        /// <summary>An operation that is not agreed is recognised in any case of letters: so would the routers of some providers.</summary>
        internal bool Fits(string method, ReadOnlySpan<string> segments)
        {
            if (Method != method || Segments.Length != segments.Length) { return false; }
            var comparison = IsAgreed ? StringComparison.Ordinal : StringComparison.OrdinalIgnoreCase;
            for (var n = 0; n < segments.Length; n++)
            {
                if (Segments[n] is { } literal ? !string.Equals(literal, segments[n], comparison) : segments[n].Length == 0) { return false; }
            }

            return true;
        }

        /// <summary>OpenAPI: concrete paths come before templated ones, here from left to right.</summary>
        internal bool IsNearerThan(Template other)
        {
            for (var n = 0; n < Segments.Length; n++)
            {
                if (Segments[n] is null != other.Segments[n] is null) { return Segments[n] is not null; }
            }

            return IsAgreed && !other.IsAgreed;
        }
    }
}
