using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Zhengtong.Kernel.Identity;
using Zhengtong.OpenData.Tables;

namespace Zhengtong.OpenData.Ckan;

/// <summary>One call of an action: what was sent, and what it may use.</summary>
/// <param name="Parameters">What was sent.</param>
/// <param name="Db">The platform's database.</param>
/// <param name="Engine">Answers questions to tables.</param>
/// <param name="Base">The platform's address as the caller sees it, without a slash at its end.</param>
/// <param name="Now">The time of the call.</param>
/// <param name="Ct">Stops it.</param>
internal sealed record CkanCall(CkanParameters Parameters, ZhengtongDb Db, TableEngine Engine, string Base, DateTimeOffset Now, CancellationToken Ct)
{
    /// <summary>Whose token came with the call; a visitor when none did.</summary>
    internal Actor Actor { get; init; } = Actor.Visitor;

    /// <summary>The officer signed in at the workbench in the same browser, who may handle tokens and nothing else.</summary>
    internal Actor Session { get; init; } = Actor.Visitor;

    /// <summary>What changes need beside the database.</summary>
    internal IServiceProvider? Services { get; init; }

    /// <summary>The file that came with the call, in the object store already; null when none came.</summary>
    internal CkanUpload? Upload { get; init; }

    /// <summary>A service of the platform.</summary>
    internal T Service<T>() where T : notnull => Services!.GetRequiredService<T>();

    /// <summary>The conditionally open datasets that were granted to the caller's key.</summary>
    internal IReadOnlySet<Guid> Granted { get; init; } = new HashSet<Guid>();

    /// <summary>A moment as CKAN writes it: UTC, microseconds, no zone.</summary>
    internal static string Moment(DateTimeOffset moment) => moment.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff", CultureInfo.InvariantCulture);

    /// <summary>An id for what has only a name, the same for ever: a UUID of version 8 (RFC 9562, 5.8) from the name's SHA-256.</summary>
    internal static string IdOf(string kind, string name)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{kind}:{name}"));
        hash[6] = (byte)(hash[6] & 0x0F | 0x80);
        hash[8] = (byte)(hash[8] & 0x3F | 0x80);
        return new Guid(hash.AsSpan(0, 16), bigEndian: true).ToString();
    }
}

/// <summary>A result that is written as it is made, because it may be large.</summary>
/// <param name="Write">Writes one JSON value; calls the second argument now and then, which sends what is written so far.</param>
internal sealed record CkanWritten(Func<Utf8JsonWriter, Func<Task>, Task> Write)
{
    /// <summary>Tells the result from others at the same address; null when it may change without saying so.</summary>
    internal string? Tag { get; init; }

    /// <summary>A result that was written before.</summary>
    internal static CkanWritten Of(ReadOnlyMemory<byte> written, string tag) => new((json, _) =>
    {
        json.WriteRawValue(written.Span, skipInputValidation: true);
        return Task.CompletedTask;
    }) { Tag = tag };
}
