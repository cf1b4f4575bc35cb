using System.Text;
using System.Text.Json.Nodes;
using Zhengtong.Cloud.Engines;
using Zhengtong.Cloud.Engines.Lxd;

namespace Zhengtong.Tests.Cloud.Engines;

/// <summary>A cluster of two members on one machine. It needs no network but loopback.</summary>
[Collection<LxdTests>]
public sealed class LxdClusterTests(LxdFixture lxd)
{
    private static readonly CancellationToken Ct = CancellationToken.None;
    private static readonly EngineSize Small = new(1, 64, 1, 100);

    [Fact]
    public async Task Cluster_TwoMembers_PlacesMovesAndTakesBack()
    {
        Assert.SkipWhen(lxd.Missing is not null, lxd.Missing ?? "");
        await using var first = new LxdDaemon(isBare: true);
        await using var second = new LxdDaemon(isBare: true);
        await FormAsync(lxd, first, second);
        var options = new LxdOptions(LxdFixture.Owner) { Socket = first.Socket };
        using var engine = new LxdEngine(options, TimeProvider.System);
        var description = (await engine.DescribeAsync(Ct)).Given();
        description.Members.Select(m => (m.Name, m.Status)).ShouldBe([("n1", MemberStatus.Online), ("n2", MemberStatus.Online)]);
        description.Members.ShouldAllBe(m => m.Capacity != null && m.Capacity.Cpus > 0);
        description.Abilities.ShouldContain(EngineAbility.Evacuation);

        var project = new EngineProject(EngineName.Parse("tests"), new Dictionary<string, string>()) { Instances = 10 };
        (await engine.EnsureProjectAsync(project, Ct)).ShouldBeDone();
        var id = new InstanceId(project.Name, EngineName.Parse("moving"));
        var order = new InstanceOrder(id, "busybox", Small, new Dictionary<string, string> { ["order"] = "C-1" }) { Member = "n2" };
        var strange = await engine.CreateAsync(order with { Member = "n9" }, Ct);
        (strange.Outcome, strange.Code).ShouldBe((EngineOutcome.NotFound, "member"));
        (await engine.CreateAsync(order, Ct)).ShouldBeDone();
        // The work was done elsewhere, and is done: it can be started at once.
        (await engine.StartAsync(id, Ct)).ShouldBeDone();
        (await engine.FindAsync(id, Ct)).Given().Member.ShouldBe("n2");
        (await engine.ExecAsync(id, new ExecOrder("echo", "from afar"), Ct)).Given().Output.ShouldBe("from afar\n"u8.ToArray());
        (await engine.ReadMetricsAsync("n2", Ct)).Given().ShouldContain(u => u.Id == id);
        (await engine.ReadMetricsAsync("n1", Ct)).Given().ShouldNotContain(u => u.Id == id);

        (await engine.EvacuateAsync("n2", Ct)).ShouldBeDone();
        (await engine.EvacuateAsync("n2", Ct)).ShouldBeDone();
        var moved = (await engine.FindAsync(id, Ct)).Given();
        (moved.Member, moved.Status, moved.Marks["order"]).ShouldBe(("n1", InstanceStatus.Running, "C-1"));
        (await engine.DescribeAsync(Ct)).Given().Members.Single(m => m.Name == "n2").Status.ShouldBe(MemberStatus.Evacuated);
        var full = await engine.CreateAsync(order with { Id = id with { Name = EngineName.Parse("late") } }, Ct);
        (full.Outcome, full.Code).ShouldBe((EngineOutcome.Full, "member-evacuated"));

        (await engine.RestoreMemberAsync("n2", Ct)).ShouldBeDone();
        (await engine.RestoreMemberAsync("n2", Ct)).ShouldBeDone();
        var back = (await engine.FindAsync(id, Ct)).Given();
        (back.Member, back.Status).ShouldBe(("n2", InstanceStatus.Running));
        back.Marks.ShouldBe(new Dictionary<string, string> { ["order"] = "C-1" });
        (await engine.StopAsync(id, force: true, Ct)).ShouldBeDone();
        (await engine.DeleteAsync(id, Ct)).ShouldBeDone();
        (await engine.EvacuateAsync("n9", Ct)).Outcome.ShouldBe(EngineOutcome.NotFound);

        // A group that the engine's operators made: it takes a member of it, whichever has less otherwise.
        using (var raw = new LxdConnection(options, TimeProvider.System))
        {
            await DoAsync(raw, HttpMethod.Post, "/1.0/cluster/groups", new JsonObject { ["name"] = "gov", ["members"] = new JsonArray("n2") });
        }

        (await engine.DescribeAsync(Ct)).Given().Members.ShouldSatisfyAllConditions(m => m.Single(x => x.Name == "n2").Groups.ShouldContain("gov"), m => m.Single(x => x.Name == "n1").Groups.ShouldNotContain("gov"));
        foreach (var name in new[] { "first", "second", "third" })
        {
            var one = order with { Id = id with { Name = EngineName.Parse(name) }, Member = null, Group = "gov" };
            (await engine.CreateAsync(one, Ct)).ShouldBeDone();
            (await engine.FindAsync(one.Id, Ct)).Given().Member.ShouldBe("n2", name);
            (await engine.DeleteAsync(one.Id, Ct)).ShouldBeDone();
        }

        var nobody = await engine.CreateAsync(order with { Id = id with { Name = EngineName.Parse("none") }, Member = null, Group = "strangers" }, Ct);
        (nobody.Outcome, nobody.Code).ShouldBe((EngineOutcome.NotFound, "group"));
    }

    [Fact]
    public async Task Daemon_WhoseOwnerWasKilled_IsEndedByTheNext_AndOneWhoseOwnerLivesIsNot()
    {
        Assert.SkipWhen(lxd.Missing is not null, lxd.Missing ?? "");
        var below = Directory.CreateTempSubdirectory("ztsweep").FullName;
        using var owner = System.Diagnostics.Process.Start("sleep", "600");
        await using var orphan = new LxdDaemon(isBare: true) { Folder = Directory.CreateDirectory(Path.Combine(below, "a", "lxd")).FullName, Owner = owner.Id };
        await using var other = new LxdDaemon(isBare: true) { Folder = Directory.CreateDirectory(Path.Combine(below, "b", "lxd")).FullName, Owner = Environment.ProcessId };
        try
        {
            (await orphan.TryStartAsync()).ShouldBeNull();
            (await other.TryStartAsync()).ShouldBeNull();
            await LxdDaemon.SweepAsync(below);
            (await orphan.IsAliveAsync()).ShouldBeTrue();
            owner.Kill();
            await owner.WaitForExitAsync(Ct);
            await LxdDaemon.SweepAsync(below);
            Directory.Exists(orphan.Folder).ShouldBeFalse();
            (await other.IsAliveAsync()).ShouldBeTrue();
        }
        finally
        {
            if (!owner.HasExited) { owner.Kill(); }
            await other.DisposeAsync();
            Directory.Delete(below, recursive: true);
        }
    }

    /// <summary>n1 and n2, with the image; of what is theirs the first is asked.</summary>
    internal static async Task FormAsync(LxdFixture lxd, LxdDaemon first, LxdDaemon second)
    {
        var port = lxd.Daemon.Address.Split(':')[1];
        (await first.TryStartAsync()).ShouldBeNull();
        (await second.TryStartAsync()).ShouldBeNull();
        using var raw = new LxdConnection(new LxdOptions(LxdFixture.Owner) { Socket = first.Socket }, TimeProvider.System);
        await DoAsync(raw, HttpMethod.Post, "/1.0/storage-pools", new JsonObject { ["name"] = "default", ["driver"] = "dir" });
        await DoAsync(raw, HttpMethod.Patch, "/1.0", new JsonObject { ["config"] = new JsonObject { ["core.https_address"] = $"127.0.0.2:{port}" } });
        await DoAsync(raw, HttpMethod.Put, "/1.0/cluster", new JsonObject { ["server_name"] = "n1", ["enabled"] = true });
        var token = (await raw.AskAsync(HttpMethod.Post, "/1.0/cluster/members", new JsonObject { ["server_name"] = "n2" }, Ct)).Metadata.Get("metadata");
        await second.JoinAsync($"127.0.0.3:{port}", Convert.ToBase64String(Encoding.UTF8.GetBytes(new JsonObject
        {
            ["server_name"] = "n2", ["fingerprint"] = token.Text("fingerprint"), ["addresses"] = new JsonArray([.. token.Items("addresses").Select(a => (JsonNode)a.Said())]),
            ["secret"] = token.Text("secret"), ["expires_at"] = token.Text("expiresAt"),
        }.ToJsonString())));
        await first.MakeImageAsync();
    }

    private static async Task DoAsync(LxdConnection raw, HttpMethod method, string path, JsonObject body) => (await raw.DoAsync(method, path, body, Ct)).Answer.ShouldBeDone();
}
