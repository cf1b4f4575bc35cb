using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;

namespace Zhengtong.Migrations;

/// <summary>Lets <c>dotnet ef</c> build the SQLite model without starting the platform.</summary>
internal sealed class SqliteDesignTime : IDesignTimeDbContextFactory<SqliteZhengtongDb>
{
    public SqliteZhengtongDb CreateDbContext(string[] args)
    {
        var options = new DbContextOptionsBuilder<SqliteZhengtongDb>().UseSqlite("Data Source=:memory:").WithIdentityOptions();
        ZhengtongDb.Common(options);
        return new SqliteZhengtongDb(options.Options);
    }
}

/// <summary>Lets <c>dotnet ef</c> build the PostgreSQL model without a server.</summary>
internal sealed class PostgresDesignTime : IDesignTimeDbContextFactory<PostgresZhengtongDb>
{
    public PostgresZhengtongDb CreateDbContext(string[] args)
    {
        var options = new DbContextOptionsBuilder<PostgresZhengtongDb>().UseNpgsql("Host=127.0.0.1").WithIdentityOptions();
        ZhengtongDb.Common(options);
        return new PostgresZhengtongDb(options.Options);
    }
}

/// <summary>Identity reads its schema version from the application's options; the model must be the same at design time.</summary>
internal static class DesignTimeIdentity
{
    internal static DbContextOptionsBuilder<T> WithIdentityOptions<T>(this DbContextOptionsBuilder<T> options) where T : DbContext =>
        options.UseApplicationServiceProvider(new ServiceCollection()
            .Configure<IdentityOptions>(o => o.Stores.SchemaVersion = IdentitySchemaVersions.Version3).BuildServiceProvider());
}
