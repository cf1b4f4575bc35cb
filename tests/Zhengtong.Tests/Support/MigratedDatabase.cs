using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Zhengtong.Tests.Support;

/// <summary>To migrate an empty database costs a second of the processor: one is migrated in a run, and each further one begins as a copy of it. What the platform
/// fills in at its start, it fills in on each.</summary>
internal static class MigratedDatabase
{
    private static readonly Lazy<Task<byte[]>> Embedded = new(MigrateEmbeddedAsync);
    private static readonly Lazy<Task<string>> Template = new(MigratePostgresAsync);

    /// <summary>Prepares the platform as at its start; an embedded database that is not there yet is copied.</summary>
    internal static async Task PrepareOnCopyAsync(this WebApplication app)
    {
        var deployment = app.Services.GetRequiredService<Deployment>();
        var path = deployment.PathOf("zhengtong.db");
        if (!deployment.IsPostgres && !File.Exists(path)) { await File.WriteAllBytesAsync(path, await Embedded.Value); }
        await app.PrepareAsync(CancellationToken.None);
    }

    /// <summary>Name of the database on <see cref="PlatformFixture.PostgresServer"/> that others are copies of; nobody is connected to it.</summary>
    internal static Task<string> TemplateAsync() => Template.Value;

    private static async Task<byte[]> MigrateEmbeddedAsync()
    {
        var folder = Directory.CreateTempSubdirectory("zhengtong-migrated-").FullName;
        try
        {
            var path = await MigrateAsync(new Deployment(folder, null, "http://127.0.0.1:0", Demo: false));
            await using (var connection = new SqliteConnection($"Data Source={path};Pooling=False"))
            {
                await connection.OpenAsync();
                await using var command = connection.CreateCommand();
                command.CommandText = "PRAGMA wal_checkpoint(TRUNCATE)";
                await command.ExecuteNonQueryAsync();
            }

            return await File.ReadAllBytesAsync(path);
        }
        finally
        {
            SqliteConnection.ClearAllPools();
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<string> MigratePostgresAsync()
    {
        var folder = Directory.CreateTempSubdirectory("zhengtong-migrated-").FullName;
        try
        {
            var database = new NpgsqlConnectionStringBuilder(await PlatformFixture.CreatePostgresDatabaseAsync(PlatformFixture.PostgresServer)) { Pooling = false };
            await MigrateAsync(new Deployment(folder, database.ConnectionString, "http://127.0.0.1:0", Demo: false));
            return database.Database!;
        }
        finally { Directory.Delete(folder, recursive: true); }
    }

    private static async Task<string> MigrateAsync(Deployment deployment)
    {
        await using var app = Platform.Build(deployment);
        await using var scope = app.Services.CreateAsyncScope();
        await scope.ServiceProvider.GetRequiredService<ZhengtongDb>().Database.MigrateAsync();
        return deployment.PathOf("zhengtong.db");
    }
}
