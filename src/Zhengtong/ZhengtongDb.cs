using Microsoft.AspNetCore.Identity.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Objects;
using Zhengtong.Kernel.Organisations;
using Zhengtong.Kernel.Regions;

namespace Zhengtong;

/// <summary>The one database context: conventions only. Each module adds its sets and mappings in its own partial, in its own schema.</summary>
internal abstract partial class ZhengtongDb(DbContextOptions options) : IdentityUserContext<Officer, Guid>(options)
{
    /// <summary>Settings that hold for both databases.</summary>
    internal static void Common(DbContextOptionsBuilder options) => options
        .UseSnakeCaseNamingConvention()
        .UseOpenIddict<Guid>()
        // SQLite has no schemas: table names are unique without them, so the warning says nothing new. Whether a migration is missing, a test asks:
        // to find that out the model is built twice more, which a shipped program need not do.
        .ConfigureWarnings(w => w.Ignore(SqliteEventId.SchemaConfiguredWarning, RelationalEventId.PendingModelChangesWarning));

    protected override void ConfigureConventions(ModelConfigurationBuilder conventions)
    {
        conventions.Properties<RegionCode>().HaveConversion<RegionCodeConverter>().HaveMaxLength(12);
        conventions.Properties<CreditCode>().HaveConversion<CreditCodeConverter>().HaveMaxLength(18);
        conventions.Properties<Digest>().HaveConversion<DigestConverter>().HaveMaxLength(64);
        conventions.Properties<Enum>().HaveConversion<string>().HaveMaxLength(40);
        if (Database.IsSqlite())
        {
            // SQLite cannot compare offsets; UTC text sorts.
            conventions.Properties<DateTimeOffset>().HaveConversion<UtcConverter>();
        }
    }

    protected override void OnModelCreating(ModelBuilder builder)
    {
        base.OnModelCreating(builder);
        ConfigureKernel(builder);
        ConfigureCatalogue(builder);
        ConfigureAgreements(builder);
        ConfigureReviews(builder);
        ConfigureExchange(builder);
        ConfigureOpenData(builder);
        ConfigureCloud(builder);
        ConfigureDemonstration(builder);
    }

    private sealed class RegionCodeConverter() : ValueConverter<RegionCode, string>(c => c.Value, s => RegionCode.Parse(s));

    private sealed class CreditCodeConverter() : ValueConverter<CreditCode, string>(c => c.Value, s => CreditCode.Parse(s));

    private sealed class DigestConverter() : ValueConverter<Digest, string>(d => d.Value, s => Digest.Parse(s, null));

    private sealed class UtcConverter() : ValueConverter<DateTimeOffset, DateTime>(
        t => t.UtcDateTime, t => new DateTimeOffset(DateTime.SpecifyKind(t, DateTimeKind.Utc)));
}

/// <summary>The context on the embedded database; it exists because each database has its own migrations.</summary>
internal sealed class SqliteZhengtongDb(DbContextOptions<SqliteZhengtongDb> options) : ZhengtongDb(options);

/// <summary>The context on PostgreSQL; it exists because each database has its own migrations.</summary>
internal sealed class PostgresZhengtongDb(DbContextOptions<PostgresZhengtongDb> options) : ZhengtongDb(options);
