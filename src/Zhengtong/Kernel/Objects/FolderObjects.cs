namespace Zhengtong.Kernel.Objects;

/// <summary>Objects in a local folder: <c>objects/ab/abcd...</c> below the data directory.</summary>
internal sealed class FolderObjects(Deployment deployment, IServiceScopeFactory scopes, TimeProvider clock) : ObjectStore(deployment, scopes, clock)
{
    private readonly Deployment deployment = deployment;

    internal override Task<bool> ExistsAsync(Digest digest, CancellationToken ct) => Task.FromResult(File.Exists(PathOf(digest)));

    internal override Task DeleteAsync(Digest digest, CancellationToken ct)
    {
        File.Delete(PathOf(digest));
        return Task.CompletedTask;
    }

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

    private string PathOf(Digest digest) => deployment.PathOf("objects", digest.Value[..2], digest.Value);
}
