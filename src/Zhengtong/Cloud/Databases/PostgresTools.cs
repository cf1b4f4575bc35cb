using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Zhengtong.Cloud.Databases;

/// <summary>One of PostgreSQL's programs did not do what it was asked to; what it said is not kept, for it may quote rows.</summary>
internal sealed class PostgresToolException(string program, int code) : IOException($"{program} ended with {code}");

/// <summary>pg_dump and pg_restore as Debian installs them beside each version of the server (packages postgresql-client-15 and the like).</summary>
internal sealed class PostgresTools(IOptions<DatabasesOptions> options)
{
    /// <summary>The program that is made for a server of this major version, or for the next later one that is there; null when there is none.</summary>
    internal string? Find(string program, int major)
    {
        if (!Directory.Exists(options.Value.ToolsFolder)) { return null; }
        return Directory.EnumerateDirectories(options.Value.ToolsFolder)
            .Select(d => (Version: int.TryParse(Path.GetFileName(d), NumberStyles.None, CultureInfo.InvariantCulture, out var v) ? v : 0, Path: Path.Combine(d, "bin", program)))
            .Where(t => t.Version >= major && File.Exists(t.Path)).OrderBy(t => t.Version).Select(t => t.Path).FirstOrDefault();
    }

    /// <summary>Runs pg_dump and hands its archive to <paramref name="take"/>, which also gets what to await at the end of it: it throws when the archive is not whole.</summary>
    internal async Task<T> DumpAsync<T>(string program, string connectionString, string database, Func<Stream, Func<Task>, Task<T>> take, CancellationToken ct)
    {
        using var process = Start(program, connectionString, database, ["--format=custom", "--no-password"], reads: false);
        try
        {
            var said = DrainAsync(process.StandardError, ct);
            return await take(process.StandardOutput.BaseStream, async () =>
            {
                await said;
                await EndAsync(process, program, ct);
            });
        }
        finally { Kill(process); }
    }

    /// <summary>Runs pg_restore on an archive, everything or nothing, as the role that is to own what it makes.</summary>
    /// <exception cref="PostgresToolException">It did not come through.</exception>
    internal async Task RestoreAsync(string program, string connectionString, string database, string role, Stream archive, CancellationToken ct)
    {
        using var process = Start(program, connectionString, database,
            ["--no-password", "--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction", $"--role={role}", $"--dbname={database}"], reads: true);
        try
        {
            var said = Task.WhenAll(DrainAsync(process.StandardError, ct), DrainAsync(process.StandardOutput, ct));
            try
            {
                await archive.CopyToAsync(process.StandardInput.BaseStream, ct);
                process.StandardInput.Close();
            }
            catch (IOException e) when (e is not (PostgresToolException or Kernel.Objects.DamagedObjectException))
            {
                // It ended before it had read everything; its exit code says more.
            }

            await said;
            await EndAsync(process, program, ct);
        }
        finally { Kill(process); }
    }

    private static Process Start(string program, string connectionString, string database, string[] arguments, bool reads)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardInput = reads, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        var at = new NpgsqlConnectionStringBuilder(connectionString);
        // The environment is its own alone: a password in the arguments could be read by everybody on the machine.
        var path = Environment.GetEnvironmentVariable("PATH");
        start.Environment.Clear();
        start.Environment["PATH"] = path;
        start.Environment["LC_ALL"] = "C.UTF-8";
        start.Environment["PGHOST"] = at.Host;
        start.Environment["PGPORT"] = at.Port.ToString(CultureInfo.InvariantCulture);
        start.Environment["PGUSER"] = at.Username;
        start.Environment["PGDATABASE"] = database;
        start.Environment["PGCONNECT_TIMEOUT"] = "30";
        start.Environment["PGAPPNAME"] = "zhengtong";
        if (!string.IsNullOrEmpty(at.Password)) { start.Environment["PGPASSWORD"] = at.Password; }
        start.Environment["PGSSLMODE"] = at.SslMode switch { SslMode.Disable => "disable", SslMode.Require => "require", SslMode.VerifyFull => "verify-full", _ => "prefer" };
        if (at.SslMode == SslMode.VerifyFull) { start.Environment["PGSSLROOTCERT"] = "/etc/ssl/certs/ca-certificates.crt"; }
        return Process.Start(start)!;
    }

    private static async Task EndAsync(Process process, string program, CancellationToken ct)
    {
        await process.WaitForExitAsync(ct);
        if (process.ExitCode != 0) { throw new PostgresToolException(Path.GetFileName(program), process.ExitCode); }
    }

    private static async Task DrainAsync(StreamReader from, CancellationToken ct)
    {
        var block = new char[4096];
        while (await from.ReadAsync(block, ct) > 0) { }
    }

    private static void Kill(Process process)
    {
        try { if (!process.HasExited) { process.Kill(entireProcessTree: true); } }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception) { }
    }
}
