namespace Zhengtong.Tests.Support;

/// <summary>What lies in a platform's folder while it works, for tests that look for what must not lie there.</summary>
internal static class StoredFiles
{
    private const int Tries = 600;

    /// <summary>Every file with its bytes. The marks of leases are empty and stay shut: to open one would take the lease away from the platform.</summary>
    internal static async IAsyncEnumerable<(string Path, byte[] Bytes)> InAsync(string folder)
    {
        foreach (var path in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
        {
            if (await FindAsync(path) is { } bytes) { yield return (path, bytes); }
        }
    }

    /// <summary>Null when it is empty, or gone by now. Somebody who writes it alone is waited for.</summary>
    private static async Task<byte[]?> FindAsync(string path)
    {
        for (var tried = 1; ; tried++)
        {
            try
            {
                if (new FileInfo(path).Length == 0) { return null; }
                await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
                using var bytes = new MemoryStream();
                await file.CopyToAsync(bytes);
                return bytes.ToArray();
            }
            catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException) { return null; }
            catch (IOException) when (tried < Tries) { await Task.Delay(50); }
        }
    }
}
