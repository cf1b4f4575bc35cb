using System.Runtime.InteropServices;

namespace Zhengtong.Kernel.Objects;

/// <summary>File operations that survive a power cut.</summary>
internal static partial class Durable
{
    /// <summary>Moves a file that is flushed already over the target, in one step, and makes the new name durable.</summary>
    internal static void Publish(string draft, string target)
    {
        File.Move(draft, target, overwrite: true);
        SyncFolder(Path.GetDirectoryName(target)!);
    }

    /// <summary>Writes a small file whole: a reader sees the old or the new bytes, never a part.</summary>
    internal static void WriteAllBytes(string path, ReadOnlySpan<byte> bytes)
    {
        // Of two who write at once each has a draft of its own.
        var draft = $"{path}.{Environment.ProcessId}-{Environment.CurrentManagedThreadId}.draft";
        using (var file = new FileStream(draft, FileMode.Create, FileAccess.Write))
        {
            file.Write(bytes);
            file.Flush(flushToDisk: true);
        }

        Publish(draft, path);
    }

    /// <summary>Flushes a folder's list of names.</summary>
    /// <exception cref="IOException">The folder cannot be opened or flushed.</exception>
    internal static void SyncFolder(string folder)
    {
        var handle = Open(folder, 0);
        if (handle < 0) { throw new IOException($"Cannot open {folder}: error {Marshal.GetLastPInvokeError()}"); }
        try
        {
            if (Sync(handle) != 0) { throw new IOException($"Cannot flush {folder}: error {Marshal.GetLastPInvokeError()}"); }
        }
        finally
        {
            _ = Close(handle);
        }
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Sync(int handle);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int handle);
}
