using System.Collections.Concurrent;
using Zhengtong.Cloud.Model;
using Zhengtong.Cloud.Sites;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Regions;
using Zhengtong.Tests.Cloud.Delivery;
using Zhengtong.Tests.Cloud.Engines;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Cloud.Sites;

/// <summary>A site on a real LXD, read through the gateway.</summary>
[OnDatabase(Once = true)]
[Collection(typeof(LxdTests))]
public sealed class LxdSiteTests(LxdFixture lxd, DeliveryScene scene, ITestOutputHelper output) : IClassFixture<DeliveryScene>
{
    [Fact]
    public async Task StaticSite_OrderedAndUploaded_IsReadThroughTheGateway_ThoughThePlatformIsKilledAtEveryStep()
    {
        _ = lxd.Engine;
        var path = Path.Combine(lxd.Daemon.Folder, "site.socket");
        var pool = await scene.PoolAsync("lxd", $"unix:{path}", 1_000_000);
        var deployment = scene.App.Services.GetRequiredService<Deployment>();
        var died = new ConcurrentDictionary<string, bool>();
        ServedProcess? program = null;
        await using var gate = new EngineGate(path, lxd.Daemon.Socket, async step =>
        {
            // Of the others another test dies.
            if (!(step.EndsWith("/exec", StringComparison.Ordinal) || step.EndsWith("/files", StringComparison.Ordinal)) || !died.TryAdd(step, true)) { return false; }
            await program!.KillAsync();
            return true;
        });
        var id = await scene.GrantAsync(pool.Id, memory: 32, form: ResourceForm.Site);
        var name = (await scene.ReadAsync(id)).Number.ToLowerInvariant();
        try
        {
            (await UntilAsync("/", "尚未上传")).ShouldContain("sandbox");
            output.WriteLine(string.Join('\n', died.Keys.Order(StringComparer.Ordinal)));
            died.Count.ShouldBe(4);
            await using (var scope = scene.App.Services.CreateAsyncScope())
            {
                using var zip = SiteArchiveTests.Zip([("index.html", "<p>企业信用信息公示</p>", 0), ("css/a.css", "p{}", 0), ($"附件/{new string('长', 40)}.txt", "附件", 0)]);
                var actor = new Actor(DeliveryScene.Id(), "officer", scene.Department, RegionCode.Parse("610000"), new HashSet<Role> { Role.DepartmentOfficer });
                (await scope.ServiceProvider.GetRequiredService<SiteUploads>().TakeAsync(id, zip, actor, default)).Problem.ShouldBeNull();
            }

            await UntilAsync("/", "企业信用信息公示");
            await UntilAsync("/css/a.css", "p{}");
            await UntilAsync($"/附件/{new string('长', 40)}.txt", "附件");
            (await scene.ReadAsync(id)).ShouldSatisfyAllConditions(r => r.State.ShouldBe(CloudResourceState.Running), r => r.Problem.ShouldBeNull());

            // Stopped and started again it serves the same, without another upload.
            await scene.WishAsync(id, ResourceWish.Stopped);
            await UntilAsync("/", "cloud.site-closed");
            await scene.WishAsync(id, ResourceWish.Running);
            await UntilAsync("/", "企业信用信息公示");
            await scene.WishAsync(id, ResourceWish.Removed);
            await UntilAsync("/", "cloud.site-not-found");
        }
        finally
        {
            if (program is { HasEnded: false }) { await program.KillAsync(); }
            program?.Dispose();
        }

        // Reads until it says so; the policy that came with it.
        async Task<string> UntilAsync(string target, string words)
        {
            var until = TimeProvider.System.GetUtcNow().AddMinutes(6);
            using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(20) };
            var said = "";
            while (true)
            {
                TimeProvider.System.GetUtcNow().ShouldBeLessThan(until, $"still {(await scene.ReadAsync(id)).Problem}: {said}");
                if (program is null || program.HasEnded)
                {
                    program?.Dispose();
                    program = ServedProcess.Start(deployment);
                }

                await scene.DueAsync(id);
                try
                {
                    var answer = await http.GetAsync(new Uri(await program.ReadyAsync(), $"/sites/{name}{target}"));
                    said = await answer.Content.ReadAsStringAsync();
                    if (said.Contains(words, StringComparison.Ordinal)) { return answer.Headers.TryGetValues("Content-Security-Policy", out var policy) ? string.Join(", ", policy) : ""; }
                }
                // It was killed.
                catch (Exception e) when (e is HttpRequestException or InvalidOperationException or TaskCanceledException) { said = e.Message; }
                await Task.Delay(200);
            }
        }
    }
}
