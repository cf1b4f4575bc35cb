using System.Security.Cryptography;
using Zhengtong.Kernel.Objects;

namespace Zhengtong.Exchange.Files;

/// <summary>A file that waits for an inbox.</summary>
/// <param name="Id">The recipient's.</param>
/// <param name="Agreement">The agreement's number.</param>
/// <param name="Name">Its name.</param>
/// <param name="Length">Its bytes.</param>
/// <param name="IsNational">By which suite the digest is.</param>
/// <param name="Digest">What must arrive, lower-case hex.</param>
internal sealed record InboxFile(Guid Id, string Agreement, string Name, long Length, bool IsNational, string Digest);

/// <summary>What an inbox asks of the platform; a node elsewhere asks the same over HTTP.</summary>
/// <param name="OpenAsync">The content; null when it cannot be had now.</param>
/// <param name="ConfirmAsync">Says which digest arrived.</param>
/// <param name="GoesOn">True where a file comes over a line: what arrived before a cut is kept, and the rest is read from there.</param>
internal sealed record InboxCalls(Func<Guid, CancellationToken, Task<Stream?>> OpenAsync, Func<Guid, string, CancellationToken, Task> ConfirmAsync, bool GoesOn = false);

/// <summary>A department's inbox 收件箱: <c>inbox/{agreement number}/{file}</c>. A file appears whole: it is written under a hidden name, synced and renamed; then it is confirmed with the digest of
/// the bytes that were written.</summary>
/// <remarks>Killed between renaming and confirming, the next look finds the file by name, size and digest and only confirms.</remarks>
internal static class Inbox
{
    private const int ChunkSize = 128 * 1024;
    private const string DraftEnding = ".part";

    /// <summary>Puts a file there and confirms it; false when it must be tried again.</summary>
    internal static async Task<bool> PutAsync(string root, InboxFile file, InboxCalls calls, CancellationToken ct)
    {
        var folder = Path.Combine("inbox", FolderFile.Tidy(file.Agreement));
        if (!FolderFile.IsFolder(Directory.CreateDirectory(Path.Combine(root, "inbox")).FullName) || !FolderFile.IsFolder(Directory.CreateDirectory(Path.Combine(root, folder)).FullName)) { return false; }
        foreach (var name in NamesOf(file))
        {
            var below = Path.Combine(folder, name);
            if (Path.Exists(Path.Combine(root, below)))
            {
                if (!await IsThereAsync(root, below, file, ct)) { continue; }
                await calls.ConfirmAsync(file.Id, file.Digest, ct);
                return true;
            }

            return await WriteAsync(root, folder, name, file, calls, ct);
        }

        return false;
    }

    /// <summary>Removes what was begun of files that nobody waits for any more.</summary>
    internal static void RemoveDrafts(string root, IReadOnlySet<Guid> waiting)
    {
        var inbox = Path.Combine(root, "inbox");
        if (!FolderFile.IsFolder(inbox)) { return; }
        foreach (var draft in Directory.EnumerateDirectories(inbox).Where(FolderFile.IsFolder).SelectMany(f => Directory.EnumerateFiles(f, ".*" + DraftEnding)))
        {
            if (Guid.TryParseExact(Path.GetFileName(draft)[1..^DraftEnding.Length], "N", out var id) && !waiting.Contains(id)) { File.Delete(draft); }
        }
    }

    /// <summary>Its own name, or where another file has that, with a part of its id.</summary>
    private static IEnumerable<string> NamesOf(InboxFile file)
    {
        // A hidden name would make the file look unfinished to the programs that wait for it.
        var name = file.Name.StartsWith('.') ? "_" + file.Name[1..] : file.Name;
        yield return name;
        var (stem, ending) = (Path.GetFileNameWithoutExtension(name), Path.GetExtension(name));
        yield return FolderFile.Tidy($"{(stem.Length > 50 ? stem[..50] : stem)} ({file.Id:N}){(ending.Length > 20 ? "" : ending)}");
    }

    private static async Task<bool> IsThereAsync(string root, string below, InboxFile file, CancellationToken ct)
    {
        // By its length first: a pipe of that name has none, and keeps whoever opens it waiting.
        if (new FileInfo(Path.Combine(root, below)) is not { Exists: true, LinkTarget: null } found || found.Length != file.Length) { return false; }
        await using var there = FolderFile.OpenRead(root, below);
        if (there is null || there.Length != file.Length) { return false; }
        using var digests = new FileDigests();
        await CopyAsync(there, Stream.Null, digests, ct);
        return DigestOf(digests, file) == file.Digest;
    }

    private static async Task<bool> WriteAsync(string root, string folder, string name, InboxFile file, InboxCalls calls, CancellationToken ct)
    {
        var draft = Path.Combine(folder, $".{file.Id:N}{DraftEnding}");
        await using var content = await calls.OpenAsync(file.Id, ct);
        if (content is null) { return false; }
        string digest;
        long before;
        await using (var target = calls.GoesOn ? FolderFile.GoOn(root, draft) : FolderFile.Create(root, draft))
        {
            if (target is null) { return false; }
            using var digests = new FileDigests();
            if (target.Length > file.Length) { target.SetLength(0); }
            if ((before = target.Length) > 0) { await CopyAsync(target, Stream.Null, digests, ct); }
            content.Position = before;
            await CopyAsync(content, target, digests, ct);
            digest = DigestOf(digests, file);
            target.Flush(flushToDisk: true);
        }

        if (digest == file.Digest)
        {
            File.Move(Path.Combine(root, draft), Path.Combine(root, folder, name), overwrite: false);
            Durable.SyncFolder(Path.Combine(root, folder));
        }
        else
        {
            File.Delete(Path.Combine(root, draft));
            // A crash may have spoilt what was there before: what counts is a whole reading.
            if (before > 0) { return false; }
        }

        await calls.ConfirmAsync(file.Id, digest, ct);
        return digest == file.Digest;
    }

    private static string DigestOf(FileDigests digests, InboxFile file)
    {
        var (sha256, sm3) = digests.Finish();
        return file.IsNational ? sm3 : sha256;
    }

    private static async Task CopyAsync(Stream from, Stream to, FileDigests digests, CancellationToken ct)
    {
        var chunk = new byte[ChunkSize];
        for (int read; (read = await from.ReadAsync(chunk, ct)) > 0;)
        {
            digests.Append(chunk.AsSpan(0, read));
            await to.WriteAsync(chunk.AsMemory(0, read), ct);
        }

        CryptographicOperations.ZeroMemory(chunk);
    }
}
