using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Delivery;
using Zhengtong.Cloud.Engines;
using Zhengtong.Cloud.Model;
using Zhengtong.Cloud.Sites;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Objects;
using Zhengtong.Kernel.Regions;
using Zhengtong.Tests.Cloud.Delivery;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Cloud.Sites;

/// <summary>Sites brought to what they are to be, at an engine in memory.</summary>
[OnDatabase]
public sealed class SiteFulfilmentTests(DeliveryScene scene) : IClassFixture<DeliveryScene>
{
    [Fact]
    public async Task Granted_ServesAPageOfOurs_ThenWhatWasUploaded_AndLetsGoOfItWhenItIsGone()
    {
        var (pool, engine) = await scene.PoolAsync();
        engine.Shell = PretendSite.Shell;
        var id = await scene.GrantAsync(pool, form: ResourceForm.Site);
        var there = await scene.DriveAsync(id);
        (there.State, there.Problem).ShouldBe((CloudResourceState.Running, null));
        var first = await MarkAsync(engine, id);

        var files = await UploadAsync(id, "一");
        (await scene.ReadAsync(id)).NextAt.ShouldNotBeNull();
        (await scene.DriveAsync(id)).Problem.ShouldBeNull();
        (await MarkAsync(engine, id)).ShouldBe(files.Value);
        files.Value.ShouldNotBe(first);
        var again = await UploadAsync(id, "二");
        await scene.DriveAsync(id);
        (await MarkAsync(engine, id)).ShouldBe(again.Value);
        // The same once more changes nothing, and the files of before are nobody's any more.
        (await UploadAsync(id, "二")).ShouldBe(again);
        (await ReferencesAsync(id)).ShouldBe([again]);

        await scene.WishAsync(id, ResourceWish.Removed);
        (await scene.DriveAsync(id)).State.ShouldBe(CloudResourceState.Removed);
        await scene.RunAsync<SweepSites>();
        (await ReferencesAsync(id)).ShouldBeEmpty();
        (await scene.WithDb(async db => await db.CloudSites.FindAsync(id))).ShouldBeNull();
    }

    [Fact]
    public async Task DiedAtAnyCallOfTheEngine_NextAttemptServesWhatWasUploaded()
    {
        for (var at = 1; ; at++)
        {
            var (pool, engine) = await scene.PoolAsync();
            engine.Shell = PretendSite.Shell;
            var id = await scene.GrantAsync(pool, form: ResourceForm.Site);
            var files = await UploadAsync(id, "一");
            var (count, died, limit) = (0, false, at);
            engine.Watch = over =>
            {
                if (!over && ++count == limit) { died = true; throw new IOException("died"); }
            };
            try { await scene.App.Services.GetRequiredService<Delivering>().DriveAsync(id, default); }
            catch (IOException) { }
            engine.Watch = null;
            (await scene.DriveAsync(id)).Problem.ShouldBeNull($"died at call {at}");
            (await MarkAsync(engine, id)).ShouldBe(files.Value, $"died at call {at}");
            if (died) { continue; }
            at.ShouldBeGreaterThan(8);
            break;
        }
    }

    [Fact]
    public async Task InstanceThatCannot_SaysSoAndIsTriedAgain_OwnServerIsLeftAlone()
    {
        var (pool, engine) = await scene.PoolAsync();
        var id = await scene.GrantAsync(pool, form: ResourceForm.Site);
        var there = await scene.DriveAsync(id, most: 5);
        (there.State, there.Problem).ShouldBe((CloudResourceState.Running, "site-setup"));
        there.NextAt.ShouldNotBeNull();
        await scene.WithDb(async db =>
        {
            var site = CloudSite.Of(there);
            site.Server = SiteServer.Own;
            db.CloudSites.Add(site);
            return await db.SaveChangesAsync();
        });
        (await scene.DriveAsync(id)).Problem.ShouldBeNull();
    }

    private async Task<Digest> UploadAsync(Guid id, string text)
    {
        await using var scope = scene.App.Services.CreateAsyncScope();
        using var zip = SiteArchiveTests.Zip([("index.html", text, 0)]);
        var actor = new Actor(DeliveryScene.Id(), "officer", scene.Department, RegionCode.Parse("610000"), new HashSet<Role> { Role.DepartmentOfficer });
        var (site, problem) = await scope.ServiceProvider.GetRequiredService<SiteUploads>().TakeAsync(id, zip, actor, default);
        problem.ShouldBeNull();
        return site!.Files!.Value;
    }

    private async Task<string> MarkAsync(Engines.PretendEngine engine, Guid id) =>
        System.Text.Encoding.ASCII.GetString((await engine.ExecAsync(await scene.InstanceAsync(id), new ExecOrder("cat", PretendSite.Mark), default)).Value!.Output);

    private Task<List<Digest>> ReferencesAsync(Guid id) => scene.WithDb(db => db.ObjectReferences.Where(r => r.Owner == CloudSite.OwnerOf(id)).Select(r => r.Digest).ToListAsync());
}
