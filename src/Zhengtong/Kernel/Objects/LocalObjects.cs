namespace Zhengtong.Kernel.Objects;

/// <summary>Copies of distant objects that this machine's processes read as files, below <c>objects-local</c> of the data folder. A copy appears whole, in one step, and never changes.
/// When they are more than allowed, those that were not used for longest go; none goes within an hour of its use, by whichever process.</summary>
internal sealed class LocalObjects(Deployment deployment, long mostBytes, TimeProvider clock) : IDisposable
{
    /// <summary>Longer than any question reads.</summary>
    private static readonly TimeSpan Kept = TimeSpan.FromHours(1);

    private readonly SemaphoreSlim fetching = new(2);

    internal string Folder => Path.GetFullPath(Path.GetDirectoryName(deployment.PathOf("objects-local", "any"))!);

    /// <summary>The copy, fetched when it is not there; null when there is no such object.</summary>
    /// <param name="digest">Which.</param>
    /// <param name="open">Gives the object's bytes, verified as they are read, or null.</param>
    /// <param name="ct">Stops fetching.</param>
    internal async Task<string?> PathAsync(Digest digest, Func<CancellationToken, Task<Stream?>> open, CancellationToken ct)
    {
        var path = Path.Combine(Folder, digest.Value);
        if (Touch(path)) { return path; }
        await fetching.WaitAsync(ct);
        try
        {
            if (Touch(path)) { return path; }
            await using var content = await open(ct);
            if (content is null) { return null; }
            var draft = $"{path}.{Guid.CreateVersion7(clock.GetUtcNow()):N}.draft";
            try
            {
                await using (var file = new FileStream(draft, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0, useAsync: true)) { await content.CopyToAsync(file, ct); }
                Evict(new FileInfo(draft).Length);
                File.Move(draft, path, overwrite: true);
            }
            finally
            {
                File.Delete(draft);
            }

            Touch(path);
            return path;
        }
        finally
        {
            fetching.Release();
        }
    }

    public void Dispose() => fetching.Dispose();

    private bool Touch(string path)
    {
        try
        {
            File.SetLastWriteTimeUtc(path, clock.GetUtcNow().UtcDateTime);
            return true;
        }
        catch (FileNotFoundException) { return false; }
    }

    private void Evict(long coming)
    {
        var files = new DirectoryInfo(Folder).EnumerateFiles().Where(f => f.Exists).OrderBy(f => f.LastWriteTimeUtc).ToList();
        var room = mostBytes - coming - files.Sum(f => f.Length);
        var before = clock.GetUtcNow().UtcDateTime - Kept;
        foreach (var file in files.TakeWhile(f => room < 0 && f.LastWriteTimeUtc < before))
        {
            file.Delete();
            room += file.Length;
        }
    }
}
