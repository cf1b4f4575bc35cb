using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Zhengtong.Cloud.Delivery;
using Zhengtong.Kernel.Jobs;
using Zhengtong.Kernel.Organisations;
using Zhengtong.Kernel.Regions;
using Zhengtong.Tests.Cloud.Resources;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Cloud.Delivery;

/// <summary>The delivery is woken by whatever makes a resource due, once that is committed.</summary>
[OnDatabase]
public sealed class ResourcesDueTests
{
    [Fact]
    public async Task Delivery_IsWokenAtTheCommit_NotByARollback_NorByWhatIsNotDue()
    {
        await using var platform = await OwnPlatform.PrepareAsync(b =>
        {
            b.Services.AddSingleton<Asked>();
            b.Services.AddSingleton<IInterceptor>(s => new ResourcesDue(s.GetRequiredService<Asked>()));
        });
        var (asked, code, now) = (platform.App.Services.GetRequiredService<Asked>(), RegionCode.Parse("610000"), TimeProvider.System.GetUtcNow());
        var id = await platform.WithDb(async db =>
        {
            if (!await db.Regions.AnyAsync(r => r.Code == code)) { db.Regions.Add(new Region { Code = code, Name = "陕西省", Level = code.Level }); }
            var owner = new Organisation { Id = Guid.CreateVersion7(now), CreditCode = CreditCode.FromBody("11610000000000001"), Name = "省民政厅", ShortName = "民政厅", Region = code, Kind = OrganisationKind.Department };
            db.Organisations.Add(owner);
            await db.SaveChangesAsync();
            return (await RunningInstance.GrantAsync(db, owner.Id, "pretend", "pretend:due")).Id;
        });
        asked.Times.ShouldBe(1);

        await platform.WithDb(async db =>
        {
            var resource = await db.CloudResources.SingleAsync(r => r.Id == id);
            resource.NextAt = null;
            await db.SaveChangesAsync();
            asked.Times.ShouldBe(1);
            await using (await db.Database.BeginTransactionAsync())
            {
                resource.NextAt = now;
                await db.SaveChangesAsync();
            }

            asked.Times.ShouldBe(1);
            db.ChangeTracker.Clear();
            resource = await db.CloudResources.SingleAsync(r => r.Id == id);
            resource.NextAt.ShouldBeNull();
            await using var transaction = await db.Database.BeginTransactionAsync();
            resource.NextAt = now;
            await db.SaveChangesAsync();
            asked.Times.ShouldBe(1);
            await transaction.CommitAsync();
            return true;
        });
        asked.Times.ShouldBe(2);
    }

    /// <summary>Who is woken is asked for with each waking.</summary>
    private sealed class Asked(IServiceProvider services) : IServiceProvider
    {
        internal int Times { get; private set; }

        public object? GetService(Type serviceType)
        {
            if (serviceType == typeof(Reconcilers)) { Times++; }
            return services.GetService(serviceType);
        }
    }
}
