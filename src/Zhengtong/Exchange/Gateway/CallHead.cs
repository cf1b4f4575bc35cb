using System.Collections.Frozen;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Primitives;
using Zhengtong.Kernel;

namespace Zhengtong.Exchange.Gateway;

/// <summary>A header as it is signed and sent.</summary>
internal readonly record struct Header(string Name, string Value);

/// <summary>Heads of calls: which headers pass, and the bytes that are signed (X-Road pr-rest 1.0.4, sections 4.3 and 4.7). The protocol leaves the order of headers to
/// the server that signs; ours is by name, values of one name as they came, so that a client can compute the hash again.</summary>
internal static class CallHead
{
    private static readonly FrozenSet<string> HopByHop = FrozenSet.ToFrozenSet(
    [
        "Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "Proxy-Connection", "TE", "Trailer", "Transfer-Encoding", "Upgrade", "Host", "User-Agent", "Server",
        "Content-Length", "Expect", "X-Road-Request-Id", "X-Road-Request-Hash",
    ], StringComparer.OrdinalIgnoreCase);

    /// <summary>Headers by which some servers take another method or path than the request line says: then what was checked would not be what is called.</summary>
    private static readonly FrozenSet<string> Overrides = FrozenSet.ToFrozenSet(
    [
        "X-HTTP-Method", "X-HTTP-Method-Override", "X-Method-Override", "X-Original-Method", "X-Original-URL", "X-Original-URI", "X-Original-Host", "X-Rewrite-URL", "X-Forwarded-Prefix", "X-Forwarded-Path",
        "X-Forwarded-Uri", "X-Forwarded-Method",
    ], StringComparer.OrdinalIgnoreCase);

    /// <summary>Headers that say one thing only.</summary>
    private static readonly string[] Single =
        ["Authorization", "Content-Type", "Content-Encoding", "Content-Range", "X-Road-Id", "X-Road-UserId", "X-Road-Issue", "X-Road-Security-Server", "X-Road-Represented-Party", "X-Road-Service"];

    /// <summary>Makes no sense of an answer of which members were left out.</summary>
    private static readonly FrozenSet<string> OfWholeAnswers = FrozenSet.ToFrozenSet(
        ["Content-MD5", "Digest", "Content-Digest", "Repr-Digest", "Accept-Ranges", "Content-Encoding"], StringComparer.OrdinalIgnoreCase);

    /// <summary>Headers that our own rules, not the caller, decide on.</summary>
    internal static bool IsHopByHop(string name) => HopByHop.Contains(name);

    /// <summary>What is wrong with the request's headers, or null. What the server could not even read has been refused before.</summary>
    internal static Refusal? Fault(IHeaderDictionary headers)
    {
        // The server keeps a Content-Length that stood beside a Transfer-Encoding under this name.
        if (headers.TransferEncoding.Count > 0 && (headers.ContentLength is not null || headers.ContainsKey("X-Content-Length"))) { return Twofold("Content-Length, Transfer-Encoding"); }
        if (Array.Find(Single, name => headers[name].Count > 1) is { } twice) { return Twofold(twice); }
        foreach (var (name, values) in headers)
        {
            // Some servers read underscores as hyphens.
            var read = name.Contains('_', StringComparison.Ordinal) ? name.Replace('_', '-') : name;
            if (Overrides.Contains(read)) { return Refusal.Malformed(name); }
            if (!ReferenceEquals(read, name) && (HopByHop.Contains(read) || Single.Contains(read, StringComparer.OrdinalIgnoreCase) || read.StartsWith("X-Road-", StringComparison.OrdinalIgnoreCase))) { return Twofold(name); }
            foreach (var value in values)
            {
                if (value.AsSpan().ContainsAny('\r', '\n', '\0')) { return Twofold(name); }
            }
        }

        return null;
    }

    /// <summary>The request's headers that pass, in the order in which they are signed.</summary>
    /// <param name="headers">As they came.</param>
    /// <param name="withoutAuthorization">True when it was a token of ours: it is for us and for nobody else.</param>
    /// <param name="ours">X-Road-Client, -Id and -Request-Id; they replace the caller's.</param>
    internal static IReadOnlyList<Header> OfRequest(IHeaderDictionary headers, bool withoutAuthorization, params ReadOnlySpan<Header> ours)
    {
        List<Header> kept = [.. ours];
        var named = Named(headers.Connection);
        foreach (var (name, values) in headers)
        {
            if (HopByHop.Contains(name) || named.Contains(name) || (withoutAuthorization && name.Equals("Authorization", StringComparison.OrdinalIgnoreCase))) { continue; }
            if (IsAmong(ours, name)) { continue; }
            foreach (var value in values) { kept.Add(new Header(name, value ?? "")); }
        }

        return InOrder(kept);
    }

    /// <summary>The answer's headers that pass, in the order in which they are signed.</summary>
    internal static IReadOnlyList<Header> OfAnswer(HttpResponseMessage answer, bool isLimited, params ReadOnlySpan<Header> ours)
    {
        List<Header> kept = [.. ours];
        var named = Named(answer.Headers.TryGetValues("Connection", out var connection) ? new StringValues([.. connection]) : default);
        Keep(answer.Headers.NonValidated);
        Keep(answer.Content.Headers.NonValidated);
        return InOrder(kept);

        void Keep(HttpHeadersNonValidated headers)
        {
            foreach (var (name, values) in headers)
            {
                if (HopByHop.Contains(name) || named.Contains(name) || (isLimited && OfWholeAnswers.Contains(name)) || name.StartsWith("X-Road-", StringComparison.OrdinalIgnoreCase)) { continue; }
                foreach (var value in values) { kept.Add(new Header(name, value)); }
            }
        }
    }

    /// <summary><c>VERB CRLF path[?query] CRLF { Name ":" Value CRLF }</c>, UTF-8.</summary>
    internal static byte[] Bytes(string method, string target, IReadOnlyList<Header> headers) => Bytes(method, target, headers, Encoding.UTF8);

    /// <summary><c>code CRLF reason CRLF { Name ":" Value CRLF }</c>; values byte for byte as the provider sent them.</summary>
    internal static byte[] Bytes(int status, string? reason, IReadOnlyList<Header> headers) =>
        Bytes(status.ToString(System.Globalization.CultureInfo.InvariantCulture), reason ?? "", headers, Encoding.Latin1);

    /// <summary>X-Road-Request-Hash: base64 SHA-512 over the head, or over the digests of head and body.</summary>
    internal static string Hash(byte[] head, byte[]? bodyDigest) =>
        Convert.ToBase64String(bodyDigest is null ? SHA512.HashData(head) : SHA512.HashData([.. SHA512.HashData(head), .. bodyDigest]));

    private static byte[] Bytes(string first, string second, IReadOnlyList<Header> headers, Encoding encoding)
    {
        var length = encoding.GetByteCount(first) + encoding.GetByteCount(second) + 4;
        foreach (var (name, value) in headers) { length += encoding.GetByteCount(name) + encoding.GetByteCount(value) + 3; }
        var bytes = new byte[length];
        var rest = bytes.AsSpan();
        Put(first, "\r\n"u8, ref rest);
        Put(second, "\r\n"u8, ref rest);
        foreach (var (name, value) in headers)
        {
            Put(name, ":"u8, ref rest);
            Put(value, "\r\n"u8, ref rest);
        }

        return bytes;

        void Put(string text, ReadOnlySpan<byte> end, ref Span<byte> into)
        {
            into = into[encoding.GetBytes(text, into)..];
            end.CopyTo(into);
            into = into[end.Length..];
        }
    }

    private static bool IsAmong(ReadOnlySpan<Header> headers, string name)
    {
        foreach (var header in headers)
        {
            if (header.Name.Equals(name, StringComparison.OrdinalIgnoreCase)) { return true; }
        }

        return false;
    }

    private static Header[] InOrder(List<Header> headers) => [.. headers.OrderBy(h => h.Name, StringComparer.OrdinalIgnoreCase)];

    /// <summary>What a Connection header names holds for this connection alone.</summary>
    private static HashSet<string> Named(StringValues connection) => connection.Count == 0 ? [] :
        connection.SelectMany(c => (c ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)).ToHashSet(StringComparer.OrdinalIgnoreCase);

    private static Refusal Twofold(string name) => Refusal.Malformed(Text.Of("exchange.header-twofold", name));
}
