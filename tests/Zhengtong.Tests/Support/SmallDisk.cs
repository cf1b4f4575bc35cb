using System.Diagnostics;

namespace Zhengtong.Tests.Support;

/// <summary>A small disk of a test's own in the place of a folder; what the folder holds is on it from the beginning. Others use it up and free it again.</summary>
internal sealed class SmallDisk : IAsyncDisposable
{
    private readonly string folder;

    private SmallDisk(string folder) => this.folder = folder;

    private string Others => Path.Combine(folder, "others");

    private long Free => new DriveInfo(folder).AvailableFreeSpace;

    /// <summary>Mounts it; the test skips where that is not permitted.</summary>
    internal static async Task<SmallDisk> MountAsync(string folder, int megabytes)
    {
        Directory.CreateDirectory(folder);
        var before = Directory.CreateTempSubdirectory("zhengtong-before-").FullName;
        try
        {
            (await RunAsync("cp", "-a", $"{folder}/.", before)).ShouldBe((0, ""));
            var (code, said) = await RunAsync("mount", "-t", "tmpfs", "-o", $"size={megabytes}m,mode=700", "zhengtong-test", folder);
            Assert.SkipUnless(code == 0, $"Needs the right to mount a small disk: {said}");
            var disk = new SmallDisk(folder);
            (code, said) = await RunAsync("cp", "-a", $"{before}/.", folder);
            if (code == 0) { return disk; }
            await disk.DisposeAsync();
            throw new IOException(said);
        }
        finally
        {
            Directory.Delete(before, recursive: true);
        }
    }

    /// <summary>Others take all of it but so many bytes.</summary>
    internal void Fill(long leaving = 0)
    {
        using var file = new FileStream(Others, FileMode.Append, FileAccess.Write, FileShare.None, bufferSize: 0);
        var piece = new byte[4096];
        try
        {
            while (Free - leaving >= piece.Length) { file.Write(piece); }
        }
        catch (IOException e) when (e.HResult == 28) { /* Whoever else writes here was faster: it is full. */ }
    }

    /// <summary>What others took is free again.</summary>
    internal void Empty() => File.Delete(Others);

    public async ValueTask DisposeAsync() => (await RunAsync("umount", "-l", folder)).ShouldBe((0, ""));

    private static async Task<(int Code, string Said)> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        var said = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, said.Trim());
    }
}
