using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Exchange.Files;

/// <summary>What all requests of tus have in common. Protocol 1.0.0 of tus.io, 2016-03-25: core, creation, creation-with-upload, creation-defer-length, checksum, termination, expiration.</summary>
internal static class Tus
{
    internal const string Path = "/tus";
    internal const string Version = "1.0.0";
    internal const string Extensions = "creation,creation-with-upload,creation-defer-length,checksum,termination,expiration";
    internal const string ContentType = "application/offset+octet-stream";

    /// <summary>Longest Upload-Metadata, in characters: HEAD gives it back.</summary>
    internal const int MetadataLength = 2000;

    /// <summary>sha1 is obligatory.</summary>
    internal static readonly IReadOnlyDictionary<string, (HashAlgorithmName Name, int Size)> Algorithms = new Dictionary<string, (HashAlgorithmName, int)>
    {
        ["sha1"] = (HashAlgorithmName.SHA1, SHA1.HashSizeInBytes),
        ["sha256"] = (HashAlgorithmName.SHA256, SHA256.HashSizeInBytes),
        ["sha384"] = (HashAlgorithmName.SHA384, SHA384.HashSizeInBytes),
        ["sha512"] = (HashAlgorithmName.SHA512, SHA512.HashSizeInBytes),
    };

    /// <summary>Asks at the door, in the order of the protocol: version, then who.</summary>
    /// <remarks>An officer's browser sends its cookie to whoever tempts it. A form cannot send <c>Tus-Resumable</c>, a script of another site may not without our leave, which we never give;
    /// and where the browser says from which site a request comes, only our own is served.</remarks>
    internal static async ValueTask<object?> GuardAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        http.Response.Headers["Tus-Resumable"] = Version;
        http.Response.Headers.CacheControl = "no-store";
        if (http.Request.Headers["Tus-Resumable"].ToString() != Version)
        {
            http.Response.Headers["Tus-Version"] = Version;
            return ExchangeProblems.TusVersion.Because(Version);
        }

        var actor = http.RequestServices.GetRequiredService<Actor>();
        if (!actor.IsSignedIn) { return KernelProblems.NotSignedIn.Because(); }
        if (!actor.May(Right.OperateExchange)) { return KernelProblems.Forbidden.Because(); }
        return actor.IsProgram || IsOwnSite(http.Request) ? await next(context) : ExchangeProblems.CrossSite.Because();
    }

    /// <summary>False when the browser says that another site asks.</summary>
    internal static bool IsOwnSite(HttpRequest request) =>
        request.Headers["Sec-Fetch-Site"].ToString() is "" or "same-origin" or "none"
        && (request.Headers.Origin.Count == 0 || request.Headers.Origin.ToString() == $"{request.Scheme}://{request.Host}");

    /// <summary>A header that holds a whole number from 0; null when it is missing, false when it is none.</summary>
    internal static (bool Valid, long? Value) Whole(HttpRequest request, string header) => request.Headers[header] switch
    {
        { Count: 0 } => (true, null),
        { Count: 1 } one when long.TryParse(one[0], NumberStyles.None, CultureInfo.InvariantCulture, out var value) => (true, value),
        _ => (false, null),
    };

    /// <summary>Upload-Metadata: pairs of a key and base64, separated by commas; a key may stand alone. Null when it is malformed.</summary>
    internal static Dictionary<string, string>? Metadata(string header)
    {
        var found = new Dictionary<string, string>(StringComparer.Ordinal);
        if (header.Length > MetadataLength) { return null; }
        foreach (var pair in header.Split(',', StringSplitOptions.TrimEntries))
        {
            var parts = pair.Split(' ', 2, StringSplitOptions.TrimEntries);
            if (parts[0].Length == 0 && header.Length > 0) { return null; }
            try
            {
                if (parts[0].Length > 0 && !found.TryAdd(parts[0], parts.Length == 1 ? "" : new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(Convert.FromBase64String(parts[1])))) { return null; }
            }
            catch (Exception e) when (e is FormatException or DecoderFallbackException) { return null; }
        }

        return found;
    }

    /// <summary>Upload-Checksum: an algorithm and a digest in base64.</summary>
    internal static (bool Valid, Checksum? Value) ChecksumOf(HttpRequest request)
    {
        if (request.Headers["Upload-Checksum"] is not { Count: > 0 } header) { return (true, null); }
        if (header.Count != 1 || header[0]!.Split(' ') is not [var name, var digest] || !Algorithms.TryGetValue(name, out var algorithm)) { return (false, null); }
        var bytes = new byte[algorithm.Size];
        return Convert.TryFromBase64String(digest, bytes, out var length) && length == algorithm.Size ? (true, new Checksum(algorithm.Name, bytes)) : (false, null);
    }

    /// <summary>Tells where an upload stands.</summary>
    internal static void Say(HttpResponse response, ExchangedFile file)
    {
        response.Headers["Upload-Offset"] = file.Offset.ToString(CultureInfo.InvariantCulture);
        if (file.State == FileState.Uploading) { response.Headers["Upload-Expires"] = file.ExpiresAt.ToString("R", CultureInfo.InvariantCulture); }
    }

    internal static bool HasContentType(HttpRequest request) => request.ContentType?.Split(';')[0].Trim().Equals(ContentType, StringComparison.OrdinalIgnoreCase) == true;
}
