using System.Text.Encodings.Web;
using System.Text.Json;
using Zhengtong.Kernel.Objects;

namespace Zhengtong.OpenData.Import;

/// <summary>The rows of a file that could not be read, JSON lines in a temporary file until they become an object.</summary>
internal sealed class BadRowList(string path, long most) : IAsyncDisposable
{
    /// <summary>Most characters of a row that are kept.</summary>
    internal const int RawLength = 4000;

    internal static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private FileStream? file;

    internal long Count { get; private set; }

    internal void Add(BadRow row)
    {
        if (++Count > most) { return; }
        file ??= new FileStream(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 64 * 1024);
        JsonSerializer.Serialize(file, row, Json);
        file.WriteByte((byte)'\n');
    }

    /// <summary>Makes it an object; null when there is no bad row.</summary>
    internal async Task<Digest?> PutAsync(ObjectStore store, CancellationToken ct)
    {
        if (file is null) { return null; }
        await file.FlushAsync(ct);
        file.Position = 0;
        return (await store.PutAsync(file, ct)).Digest;
    }

    public async ValueTask DisposeAsync()
    {
        if (file is not null) { await file.DisposeAsync(); }
        File.Delete(path);
    }
}
