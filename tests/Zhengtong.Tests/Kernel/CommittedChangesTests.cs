using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Regions;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Kernel;

/// <summary>A change is heard of once, and only when others see it.</summary>
[OnDatabase]
public sealed class CommittedChangesTests : IAsyncLifetime
{
    private readonly Heard heard = new();
    private OwnPlatform platform = null!;

    public async ValueTask InitializeAsync()
    {
        platform = await OwnPlatform.PrepareAsync(b => b.Services.AddSingleton<IInterceptor>(heard));
        heard.Times = 0;
    }

    public ValueTask DisposeAsync() => platform.DisposeAsync();

    [Fact]
    public async Task Save_IsHeardOnce_AndOneThatChangesNoneOfThem_IsNot()
    {
        await platform.WithDb(async db =>
        {
            var region = Add(db, "617700");
            await db.SaveChangesAsync();
            heard.Times.ShouldBe(1);
            await db.SaveChangesAsync();
            heard.Times.ShouldBe(1);
            region.Name = "另一个名字";
            db.SaveChanges();
            heard.Times.ShouldBe(2);
            db.Regions.Remove(region);
            return await db.SaveChangesAsync();
        });
        heard.Times.ShouldBe(3);
    }

    [Fact]
    public async Task Transaction_IsHeardAtItsCommitAlone()
    {
        await platform.WithDb(async db =>
        {
            await using var transaction = await db.Database.BeginTransactionAsync();
            Add(db, "617700");
            await db.SaveChangesAsync();
            Add(db, "617800");
            await db.SaveChangesAsync();
            heard.Times.ShouldBe(0);
            await transaction.CommitAsync();
            return true;
        });
        heard.Times.ShouldBe(1);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Transaction_RolledBackOrLeft_IsNeverHeard_NotWithTheNextEither(bool isRolledBack)
    {
        var found = await platform.WithDb(async db =>
        {
            await using (var given = await db.Database.BeginTransactionAsync())
            {
                Add(db, "617700");
                await db.SaveChangesAsync();
                if (isRolledBack) { await given.RollbackAsync(); }
            }

            await using (var other = await db.Database.BeginTransactionAsync()) { await other.CommitAsync(); }
            await db.SaveChangesAsync();
            return await db.Regions.CountAsync(r => r.Code == RegionCode.Parse("617700"));
        });
        (found, heard.Times).ShouldBe((0, 0));
    }

    [Fact]
    public async Task Save_ThatFails_IsNotHeard_NotWithTheNextEither()
    {
        await platform.WithDb(async db =>
        {
            Add(db, "617700");
            await db.SaveChangesAsync();
            db.ChangeTracker.Clear();
            heard.Times = 0;
            Add(db, "617700");
            await Should.ThrowAsync<DbUpdateException>(() => db.SaveChangesAsync());
            db.ChangeTracker.Clear();
            return await db.SaveChangesAsync();
        });
        heard.Times.ShouldBe(0);
    }

    private static Region Add(ZhengtongDb db, string code)
    {
        var region = new Region { Code = RegionCode.Parse(code), Name = code, Level = RegionCode.Parse(code).Level };
        db.Regions.Add(region);
        return region;
    }

    private sealed class Heard : CommittedChanges
    {
        internal int Times { get; set; }

        protected override bool Counts(EntityEntry entry) => entry.Entity is Region;

        protected override void Committed() => Times++;
    }
}
