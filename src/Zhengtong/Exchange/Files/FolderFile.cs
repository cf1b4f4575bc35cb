using System.Runtime.InteropServices;
using System.Text;

namespace Zhengtong.Exchange.Files;

/// <summary>Files of a folder that others write into: whatever lies there is looked at twice. No link is followed, in the path or at its end, and a name that is no UTF-8 is put right.</summary>
internal static unsafe partial class FolderFile
{
    /// <summary>Where the name stands in the C library's record of a folder's entry, the same on all 64-bit Linux (glibc and musl).</summary>
    private const int NameOffset = 19;

    private static readonly Encoding Utf8 = new UTF8Encoding(false, throwOnInvalidBytes: true);

    private static readonly Encoding Gb18030 = CodePagesEncodingProvider.Instance.GetEncoding("GB18030", EncoderFallback.ExceptionFallback, DecoderFallback.ExceptionFallback)!;

    /// <summary>True for a folder that is there and no link.</summary>
    internal static bool IsFolder(string path) => new DirectoryInfo(path) is { Exists: true, LinkTarget: null };

    /// <summary>Opens a file to be read; null when it is gone, a link, or reached through one.</summary>
    /// <param name="root">The department's folder.</param>
    /// <param name="below">The path below it.</param>
    internal static FileStream? OpenRead(string root, string below)
    {
        try
        {
            var file = new FileStream(Path.Combine(root, below), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0, FileOptions.Asynchronous | FileOptions.SequentialScan);
            return Kept(file, root, below);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { return null; }
    }

    /// <summary>Makes a file anew that nobody else has; null when the way there leads through a link.</summary>
    internal static FileStream? Create(string root, string below)
    {
        var path = Path.Combine(root, below);
        File.Delete(path);
        return Kept(new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0, FileOptions.Asynchronous), root, below);
    }

    /// <summary>Opens a file to be written further, or makes it; null when the way there leads through a link. Reading begins at its beginning.</summary>
    internal static FileStream? GoOn(string root, string below) => Kept(
        new FileStream(Path.Combine(root, below), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0, FileOptions.Asynchronous), root, below);

    /// <summary>Gives each entry whose name is no UTF-8 the name that it has in GB18030, or where it is none of that either, with the bytes in hex. Such an entry could not be opened by its name.</summary>
    internal static void PutNamesRight(string folder)
    {
        var directory = OpenDirectory(folder);
        if (directory == 0) { return; }
        List<byte[]> broken = [];
        try
        {
            for (nint entry; (entry = ReadDirectory(directory)) != 0;)
            {
                var name = MemoryMarshal.CreateReadOnlySpanFromNullTerminated((byte*)entry + NameOffset).ToArray();
                if (Decode(Utf8, name) is null) { broken.Add(name); }
            }
        }
        finally { _ = CloseDirectory(directory); }

        foreach (var name in broken)
        {
            var right = Decode(Gb18030, name) is { } gb && !gb.AsSpan().ContainsAny("/\0") ? gb : Convert.ToHexStringLower(name);
            var target = Path.Combine(folder, right);
            if (Path.Exists(target)) { target = Path.Combine(folder, $"{Convert.ToHexStringLower(name)}"); }
            byte[] from = [.. Encoding.UTF8.GetBytes(folder), (byte)'/', .. name, 0];
            byte[] to = [.. Encoding.UTF8.GetBytes(target), 0];
            _ = Rename(from, to);
        }
    }

    /// <summary>A name that a file may have when it is taken in: what no system or page bears becomes an underscore.</summary>
    internal static string Tidy(string name)
    {
        var tidy = new StringBuilder();
        foreach (var rune in name.Trim().EnumerateRunes())
        {
            var text = rune.ToString();
            tidy.Append(FileIntake.NameFault($"x{text}x") is null ? text : "_");
        }

        while (tidy.Length > ExchangedFile.NameLength || Encoding.UTF8.GetByteCount(tidy.ToString()) > 255) { tidy.Length -= char.IsLowSurrogate(tidy[^1]) ? 2 : 1; }
        var text0 = tidy.ToString().Trim();
        return FileIntake.NameFault(text0) is null ? text0 : "_";
    }

    /// <summary>The folder's real path, by which those of opened files are known.</summary>
    internal static string RealPath(string path)
    {
        var found = Resolve(path, 0);
        if (found == 0) { throw new DirectoryNotFoundException(path); }
        try { return Marshal.PtrToStringUTF8(found)!; }
        finally { Free(found); }
    }

    private static FileStream? Kept(FileStream file, string root, string below)
    {
        try
        {
            // What was opened, not what lay there a moment ago.
            if (RealPath($"/proc/self/fd/{file.SafeFileHandle.DangerousGetHandle()}") == Path.Combine(RealPath(root), below)) { return file; }
        }
        catch (DirectoryNotFoundException) { /* It was removed in this moment. */ }

        file.Dispose();
        return null;
    }

    private static string? Decode(Encoding encoding, byte[] name)
    {
        try { return encoding.GetString(name); }
        catch (DecoderFallbackException) { return null; }
    }

    [LibraryImport("libc", EntryPoint = "opendir", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint OpenDirectory(string path);

    [LibraryImport("libc", EntryPoint = "readdir")]
    private static partial nint ReadDirectory(nint directory);

    [LibraryImport("libc", EntryPoint = "closedir")]
    private static partial int CloseDirectory(nint directory);

    [LibraryImport("libc", EntryPoint = "rename")]
    private static partial int Rename(byte[] from, byte[] to);

    [LibraryImport("libc", EntryPoint = "realpath", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint Resolve(string path, nint buffer);

    [LibraryImport("libc", EntryPoint = "free")]
    private static partial void Free(nint memory);
}
