using System.Text;

namespace Zhengtong.Cloud.Engines.Lxd;

/// <summary>Addresses of the engine's API. Every part is escaped, whatever it is.</summary>
internal static class LxdPath
{
    /// <summary>An address below <c>/1.0</c>.</summary>
    /// <param name="parts">Its parts, not escaped.</param>
    /// <param name="query">Its query; what is null is left out.</param>
    internal static string Of(ReadOnlySpan<string> parts, params ReadOnlySpan<(string Name, string? Value)> query)
    {
        var path = new StringBuilder("/1.0");
        foreach (var part in parts)
        {
            // The only two that mean something else even when escaped.
            if (part is "" or "." or "..") { throw new ArgumentException("No part of an address", nameof(parts)); }
            path.Append('/').Append(Uri.EscapeDataString(part));
        }

        var mark = '?';
        foreach (var (name, value) in query)
        {
            if (value is null) { continue; }
            path.Append(mark).Append(name).Append('=').Append(Uri.EscapeDataString(value));
            mark = '&';
        }

        return path.ToString();
    }

    /// <summary>An instance, or something of it.</summary>
    internal static string Of(InstanceId id, params ReadOnlySpan<string> rest) => Of(["instances", id.Name.ToString(), .. rest], ("project", id.Project.ToString()));
}
