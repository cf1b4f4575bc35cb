using System.Diagnostics;
using System.Globalization;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Exchange.Support;

/// <summary>A database server of a test's own, to be stopped, killed, and set back to an old copy of its files.</summary>
internal sealed class DepartmentServer : IAsyncDisposable
{
    private readonly string program, pidFile, folder;

    private DepartmentServer(string program, string pidFile, string folder) => (this.program, this.pidFile, this.folder) = (program, pidFile, folder);

    /// <summary>As a department would register it; the same after each start.</summary>
    internal string Connection { get; private set; } = "";

    internal static Task<DepartmentServer> PostgresAsync()
    {
        Assert.SkipWhen(DepartmentTable.PostgresServer is null, "Needs PostgreSQL: ZHENGTONG_POSTGRES is not set");
        return MakeAsync("postgres", "data/postmaster.pid");
    }

    internal static Task<DepartmentServer> MariaDbAsync()
    {
        Assert.SkipWhen(DepartmentTable.MariaDbServer is null, "Needs MariaDB: ZHENGTONG_MARIADB is not set");
        return MakeAsync("mariadb", "server.pid");
    }

    internal async Task StartAsync()
    {
        var said = "";
        for (var attempt = 1; said.Length == 0; attempt++)
        {
            // The sessions of a server that was killed end a moment after it, and until then hold what the next one needs.
            try { said = await RunAsync("up"); }
            catch (InvalidOperationException) when (attempt < 20) { await Task.Delay(250); }
        }

        if (Connection.Length > 0) { said.ShouldBe(Connection); }
        Connection = said;
    }

    internal Task StopAsync() => RunAsync("down");

    /// <summary>SIGKILL to the server itself, as a power cut would end it; returns when it is gone.</summary>
    internal async Task KillAsync()
    {
        using var server = Process.GetProcessById(int.Parse((await File.ReadAllLinesAsync(Path.Combine(folder, pidFile)))[0], CultureInfo.InvariantCulture));
        server.Kill();
        await server.WaitForExitAsync();
    }

    /// <summary>Copies the stopped server's files.</summary>
    internal void Save() => Copy(Path.Combine(folder, "data"), Path.Combine(folder, "saved"));

    /// <summary>Puts the copied files in the place of what is there now.</summary>
    internal void Restore()
    {
        Directory.Delete(Path.Combine(folder, "data"), recursive: true);
        Copy(Path.Combine(folder, "saved"), Path.Combine(folder, "data"));
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Directory.Delete(folder, recursive: true);
    }

    private static async Task<DepartmentServer> MakeAsync(string program, string pidFile)
    {
        var folder = Directory.CreateTempSubdirectory($"zhengtong-{program}-").FullName;
        // The server runs as another account when the tests run as root.
        File.SetUnixFileMode(folder, File.GetUnixFileMode(folder) | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
        var server = new DepartmentServer(program, pidFile, folder);
        await server.StartAsync();
        return server;
    }

    private async Task<string> RunAsync(string verb)
    {
        // What it says goes to files: the server it leaves behind would hold a pipe open.
        var told = Path.Combine(folder, "told");
        using var tool = Process.Start(new ProcessStartInfo("bash", ["-c", "exec \"$1\" \"$2\" \"$3\" >\"$4\" 2>\"$4.errors\"", "-", Repository.Path("tools", program), verb, folder, told]))!;
        await tool.WaitForExitAsync();
        var text = (await File.ReadAllTextAsync(told)).Trim();
        return tool.ExitCode == 0 ? text : throw new InvalidOperationException($"tools/{program} {verb} ended with {tool.ExitCode}: {text}{await File.ReadAllTextAsync(told + ".errors")}");
    }

    private static void Copy(string from, string to)
    {
        // With owners, modes and times, as a backup of files would.
        using var copy = Process.Start("cp", ["-a", from, to]);
        copy.WaitForExit();
        copy.ExitCode.ShouldBe(0);
    }
}
