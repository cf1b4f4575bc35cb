using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using OpenIddict.EntityFrameworkCore.Models;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Organisations;

namespace Zhengtong;

internal partial class ZhengtongDb
{
    internal DbSet<Post> Posts => Set<Post>();

    internal DbSet<AdministratorRole> AdministratorRoles => Set<AdministratorRole>();

    internal DbSet<RecoveryCode> RecoveryCodes => Set<RecoveryCode>();

    internal DbSet<ApiClient> ApiClients => Set<ApiClient>();

    internal DbSet<PlatformKey> PlatformKeys => Set<PlatformKey>();

    private static void ConfigureIdentity(ModelBuilder builder)
    {
        builder.Entity<Officer>(o =>
        {
            o.ToTable("officers", "kernel");
            o.HasIndex(x => x.NormalizedUserName).HasDatabaseName("ix_officers_user_name");
            o.HasIndex(x => x.NormalizedEmail).HasDatabaseName("ix_officers_email");
            o.Property(x => x.DisplayName).HasMaxLength(50);
            o.Property(x => x.CodeSecret).HasMaxLength(100);
            o.HasMany(x => x.Posts).WithOne().HasForeignKey(p => p.OfficerId);
            o.HasOne<Organisation>().WithMany().HasForeignKey(x => x.OrganisationId).OnDelete(DeleteBehavior.Restrict);
        });
        builder.Entity<Post>(p =>
        {
            p.ToTable("posts", "kernel");
            p.HasKey(x => new { x.OfficerId, x.Role });
            p.Property(x => x.GrantedAt);
            p.Property(x => x.GrantedBy);
            // No person holds two of the three, whatever writes the row.
            p.HasIndex(x => x.OfficerId, "ix_posts_one_administrator").IsUnique().HasDatabaseName("ix_posts_one_administrator")
                .HasFilter($"role IN ({string.Join(", ", Rights.Administrators.Select(r => $"'{r}'"))})");
            p.HasIndex(x => x.Role);
        });
        builder.Entity<AdministratorRole>(a =>
        {
            a.ToTable("administrator_roles", "kernel");
            a.HasKey(x => x.Role);
            a.Property(x => x.Revision).IsConcurrencyToken();
        });
        builder.Entity<RecoveryCode>(c =>
        {
            c.ToTable("officer_recovery_codes", "kernel");
            c.HasKey(x => new { x.OfficerId, x.Hash });
            c.Property(x => x.Hash).HasMaxLength(64);
            c.HasOne<Officer>().WithMany().HasForeignKey(x => x.OfficerId);
        });
        builder.Entity<IdentityUserClaim<Guid>>().ToTable("officer_claims", "kernel");
        builder.Entity<IdentityUserLogin<Guid>>().ToTable("officer_logins", "kernel");
        builder.Entity<IdentityUserToken<Guid>>().ToTable("officer_tokens", "kernel");
        builder.Entity<IdentityUserPasskey<Guid>>().ToTable("officer_passkeys", "kernel");
        builder.Entity<ApiClient>(c =>
        {
            c.ToTable("api_clients", "kernel");
            c.HasKey(x => x.Id);
            c.HasOne<Organisation>().WithMany().HasForeignKey(x => x.OrganisationId).OnDelete(DeleteBehavior.Restrict);
            c.Property(x => x.Name).HasMaxLength(100);
            c.HasIndex(x => new { x.OrganisationId, x.Name }).IsUnique();
            c.Property(x => x.Granted).HasMaxLength(500);
            c.Property(x => x.SecretGeneration);
            c.Property(x => x.CreatedAt);
            c.Property(x => x.RevokedAt);
            c.Property(x => x.Revision).IsConcurrencyToken();
            c.Ignore(x => x.ClientId);
            c.Ignore(x => x.Scopes);
        });
        builder.Entity<PlatformKey>(k =>
        {
            k.ToTable("platform_keys", "kernel");
            k.HasKey(x => x.Purpose);
            k.Property(x => x.Purpose).HasMaxLength(40);
            k.Property(x => x.Sealed);
            k.Property(x => x.CreatedAt);
        });
        builder.Entity<OpenIddictEntityFrameworkCoreApplication<Guid>>().ToTable("oauth_applications", "kernel");
        builder.Entity<OpenIddictEntityFrameworkCoreAuthorization<Guid>>().ToTable("oauth_authorizations", "kernel");
        builder.Entity<OpenIddictEntityFrameworkCoreScope<Guid>>().ToTable("oauth_scopes", "kernel");
        builder.Entity<OpenIddictEntityFrameworkCoreToken<Guid>>().ToTable("oauth_tokens", "kernel");
    }
}
