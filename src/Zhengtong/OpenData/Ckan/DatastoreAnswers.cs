using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Caching.Memory;
using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Ckan;

/// <summary>Answers of datastore_search as they were written, so that a page that many read is made once. The table of a published version never changes, so that none of them is ever out of date;
/// whether the caller may read it is asked each time before.</summary>
internal sealed class DatastoreAnswers : IDisposable
{
    /// <summary>Bytes of all answers together.</summary>
    private const long Room = 64L * 1024 * 1024;

    /// <summary>Bytes of the longest answer that is kept.</summary>
    private const int Longest = 512 * 1024;

    private readonly MemoryCache kept = new(new MemoryCacheOptions { SizeLimit = Room });

    /// <summary>What tells an answer from all others: the version, the table, everything that was sent.</summary>
    internal static string KeyOf(PublicResource resource, JsonObject given) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{resource.VersionId} {resource.Id} {resource.Resource.Table!.Content} {given.ToJsonString()}"))[..16]);

    /// <summary>The answer; null when it is not kept.</summary>
    internal byte[]? Find(string key) => kept.TryGetValue(key, out byte[]? answer) ? answer : null;

    /// <summary>Keeps an answer unless it is long; those that nobody asks for go first.</summary>
    internal void Keep(string key, byte[] answer)
    {
        if (answer.Length <= Longest) { kept.Set(key, answer, new MemoryCacheEntryOptions { Size = answer.Length + 200 }); }
    }

    public void Dispose() => kept.Dispose();
}
