using System.Text.Json;

namespace Zhengtong.OpenData.Descriptions;

/// <summary>JSON documents for anybody, written in pieces.</summary>
internal static class JsonDocuments
{
    private const int Block = 32 * 1024;

    /// <summary>Writes a document to a body.</summary>
    internal static async Task WriteAsync(Stream body, Func<Utf8JsonWriter, Task> write, CancellationToken ct)
    {
        await using var json = new Utf8JsonWriter(body, PublicText.JsonOptions);
        await write(json);
        await json.FlushAsync(ct);
    }

    /// <summary>Sends what has gathered, when it is much.</summary>
    internal static Task FlushSomeAsync(this Utf8JsonWriter json, CancellationToken ct) => json.BytesPending > Block ? json.FlushAsync(ct) : Task.CompletedTask;
}
