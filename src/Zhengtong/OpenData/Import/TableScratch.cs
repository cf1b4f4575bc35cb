namespace Zhengtong.OpenData.Import;

/// <summary>Temporary files of this process below <c>open-data/scratch</c> of the data folder. What a process left when it was killed goes at the next start of any process:
/// each holds a lock on its own folder for as long as it lives.</summary>
internal sealed class TableScratch : IDisposable
{
    private const string Lock = "lock";
    private readonly string folder;
    private readonly FileStream held;
    private long next;

    public TableScratch(Deployment deployment, TimeProvider clock)
    {
        var root = deployment.PathOf("open-data", "scratch", "any");
        root = Path.GetDirectoryName(root)!;
        Sweep(root);
        folder = Path.Combine(root, $"{Guid.CreateVersion7(clock.GetUtcNow()):N}");
        Directory.CreateDirectory(folder);
        held = new FileStream(Path.Combine(folder, Lock), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
    }

    /// <summary>Where this process's files are.</summary>
    internal string Folder => folder;

    /// <summary>A path that no file has yet; whoever asks for it deletes the file.</summary>
    internal string NewPath(string extension) => Path.Combine(folder, $"{Interlocked.Increment(ref next)}.{extension}");

    /// <summary>Removes files and folders; nothing happens where there is none.</summary>
    internal static void Remove(params ReadOnlySpan<string> paths)
    {
        foreach (var path in paths)
        {
            if (Directory.Exists(path)) { Directory.Delete(path, recursive: true); }
            File.Delete(path);
        }
    }

    public void Dispose()
    {
        held.Dispose();
        if (Directory.Exists(folder)) { Directory.Delete(folder, recursive: true); }
    }

    private static void Sweep(string root)
    {
        foreach (var left in Directory.EnumerateDirectories(root))
        {
            try
            {
                using (new FileStream(Path.Combine(left, Lock), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None)) { }
                Directory.Delete(left, recursive: true);
            }
            // Its process lives, or another one sweeps it in this moment.
            catch (Exception e) when (e is IOException or UnauthorizedAccessException) { }
        }
    }
}
