namespace Zhengtong.Kernel.Objects;

/// <summary>Objects in a local folder: <c>objects/ab/abcd...</c> below the data directory.</summary>
internal sealed class FolderObjects(Deployment deployment, IServiceScopeFactory scopes, TimeProvider clock) : ObjectStore(deployment, scopes, clock)
{
    private readonly Deployment deployment = deployment;

    internal override Task<bool> ExistsAsync(Digest digest, CancellationToken ct) => Task.FromResult(File.Exists(PathOf(digest)));

    internal override async Task<Stream?> OpenRangeAsync(Digest digest, long from, long to, CancellationToken ct)
    {
        var file = await OpenRawAsync(digest, ct);
        file?.Seek(from, SeekOrigin.Begin);
        return file;
    }

    internal override IReadOnlyList<string> LocalFolders => [Path.GetFullPath(Path.GetDirectoryName(deployment.PathOf("objects", "any"))!)];

    internal override Task<string?> LocalPathAsync(Digest digest, CancellationToken ct) => Task.FromResult(Path.GetFullPath(PathOf(digest)) is var path && File.Exists(path) ? path : null);

    internal override Task DeleteAsync(Digest digest, CancellationToken ct)
    {
        File.Delete(PathOf(digest));
        return Task.CompletedTask;
    }

    internal override async Task PutPassingAsync(string name, ReadOnlyMemory<byte> content, CancellationToken ct)
    {
        var path = PathOf(name);
        var draft = path + ".draft";
        try
        {
            await using (var file = new FileStream(draft, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0, useAsync: true))
            {
                await file.WriteAsync(content, ct);
                file.Flush(flushToDisk: true);
            }

            Durable.Publish(draft, path);
        }
        catch
        {
            // On a full disk half of it would be in the way of everything else.
            File.Delete(draft);
            throw;
        }
    }

    internal override async Task<ReadOnlyMemory<byte>?> ReadPassingAsync(string name, Func<int, Memory<byte>> room, CancellationToken ct)
    {
        try
        {
            await using var file = new FileStream(PathOf(name), FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0, useAsync: true);
            var buffer = room(checked((int)file.Length));
            await file.ReadExactlyAsync(buffer, ct);
            return buffer;
        }
        // Only what is gone is gone: when the disk cannot be read, the caller tries again.
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or EndOfStreamException) { return null; }
    }

    internal override Task RemovePassingAsync(string name, CancellationToken ct)
    {
        File.Delete(PathOf(name));
        return Task.CompletedTask;
    }

    internal override Task<IReadOnlyList<string>> ListPassingAsync(string folder, CancellationToken ct) =>
        Task.FromResult<IReadOnlyList<string>>([.. Directory.CreateDirectory(PathOf(folder)).EnumerateFiles().Select(file => $"{folder}/{file.Name}")]);

    protected override Task PublishAsync(string file, PutObject put, CancellationToken ct)
    {
        Durable.Publish(file, PathOf(put.Digest));
        return Task.CompletedTask;
    }

    protected override Task<Stream?> OpenRawAsync(Digest digest, CancellationToken ct)
    {
        try
        {
            return Task.FromResult<Stream?>(new FileStream(PathOf(digest), FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0, FileOptions.Asynchronous | FileOptions.SequentialScan));
        }
        catch (FileNotFoundException)
        {
            return Task.FromResult<Stream?>(null);
        }
    }

    private string PathOf(string name) => deployment.PathOf(name.Split('/'));

    private string PathOf(Digest digest) => deployment.PathOf("objects", digest.Value[..2], digest.Value);
}
