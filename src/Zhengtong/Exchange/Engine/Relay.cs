
namespace Zhengtong.Exchange.Engine;

/// <summary>Where ciphertexts wait between provider and consumer. Nobody but the consumer can read one; after the counter-receipt it is removed.</summary>
internal sealed class Relay(Deployment deployment)
{
    /// <summary>Keeps a ciphertext under its digest; it is on the disk when this returns.</summary>
    internal async Task StoreAsync(Guid delivery, string digest, ReadOnlyMemory<byte> ciphertext, CancellationToken ct)
    {
        var draft = PathOf(delivery, $"{digest}.draft");
        await using (var file = new FileStream(draft, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0, useAsync: true))
        {
            await file.WriteAsync(ciphertext, ct);
            file.Flush(flushToDisk: true);
        }

        File.Move(draft, PathOf(delivery, digest), overwrite: true);
    }

    /// <summary>Reads a ciphertext into the buffer; null when it is not there or cannot be read.</summary>
    internal async Task<ReadOnlyMemory<byte>?> FetchAsync(Guid delivery, string digest, Growing into, CancellationToken ct)
    {
        try
        {
            await using var file = new FileStream(PathOf(delivery, digest), FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, useAsync: true);
            var buffer = into.Reset(checked((int)file.Length));
            await file.ReadExactlyAsync(buffer, ct);
            return buffer;
        }
        catch (IOException) { return null; }
    }

    internal void Remove(Guid delivery, string digest) => File.Delete(PathOf(delivery, digest));

    /// <summary>Removes what a crash left behind: everything of the delivery that no waiting batch names.</summary>
    internal void Sweep(Guid delivery, IReadOnlyCollection<string> waiting)
    {
        foreach (var path in Directory.EnumerateFiles(FolderOf(delivery)))
        {
            if (!waiting.Contains(Path.GetFileName(path))) { File.Delete(path); }
        }
    }

    private string PathOf(Guid delivery, string name) => Path.Combine(FolderOf(delivery), name);

    private string FolderOf(Guid delivery) => Directory.CreateDirectory(deployment.PathOf("relay", $"{delivery:D}")).FullName;
}
