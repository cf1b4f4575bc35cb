using System.Diagnostics;
using System.Text.Json;
using Zhengtong.Tests.Cloud.Orders;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Cloud.OpenStack;

/// <summary>The standard command-line client that we did not write, Debian's python3-openstackclient, against a platform that serves.</summary>
[OnDatabase(Once = true)]
public sealed class StandardClientTests
{
    [Fact]
    public async Task Client_FromTokenToUsage_WorksAsItIs()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/openstack"), "Needs Debian's python3-openstackclient.");
        await using var own = new OwnFixture();
        var (on, world, _) = await own.StartAsync();
        var client = new Client(on, world);

        var token = await client.Json("token", "issue");
        token.GetProperty("project_id").GetString().ShouldBe($"{world.System:N}");
        token.GetProperty("user_id").GetString().ShouldBe($"{world.OfficerId:N}");
        (await client.Json("project", "list")).EnumerateArray().Single().GetProperty("Name").GetString().ShouldBe("业务系统");
        (await client.Json("flavor", "list")).EnumerateArray().Select(f => f.GetProperty("Name").GetString()).ShouldContain($"{world.Code}.small");
        (await client.Json("image", "list")).EnumerateArray().Select(i => i.GetProperty("Name").GetString()).ShouldBe(["busybox", "debian/12"]);
        (await client.Json("server", "list")).GetArrayLength().ShouldBe(0);

        var made = await client.Json("server", "create", "--flavor", $"{world.Code}.small", "--image", "busybox", "--property", "ground=压力测试", "web");
        made.GetProperty("status").GetString().ShouldBe("BUILD");
        made.GetProperty("OS-EXT-STS:task_state").GetString().ShouldBe("review");
        var id = made.GetProperty("id").GetGuid();
        await OrderWorld.Done(world.Grant(id));
        await Waiting.UntilAsync(async () => (await client.Json("server", "show", "web")).GetProperty("status").GetString() == "ACTIVE");
        var listed = (await client.Json("server", "list")).EnumerateArray().Single();
        listed.GetProperty("ID").GetGuid().ShouldBe(id);
        (listed.GetProperty("Image").GetString(), listed.GetProperty("Flavor").GetString()).ShouldBe(("busybox", $"{world.Code}.small"));
        (await client.Json("--os-compute-api-version", "2.37", "server", "create", "--flavor", $"{world.Code}.small", "--image", "busybox", "--nic", "none", "second")).GetProperty("status").GetString().ShouldBe("BUILD");

        await client.Run("server", "stop", "web");
        await Waiting.UntilAsync(async () => (await client.Json("server", "show", "web")).GetProperty("status").GetString() == "SHUTOFF");
        await client.Run("server", "start", "web");
        await client.Run("server", "reboot", "web");
        await client.Run("server", "resize", "--flavor", $"{world.Code}.free", "web");
        (await client.Json("server", "show", "web")).GetProperty("OS-EXT-STS:task_state").GetString().ShouldBe("review");
        (await client.Refused("server", "resize", "confirm", "web")).ShouldNotBeEmpty();
        await client.Run("--os-compute-api-version", "2.37", "server", "create", "--flavor", $"{world.Code}.small", "--image", "busybox", "--nic", "none", "--min", "2", "--max", "2", "many");
        await client.Run("server", "delete", "many-1", "many-2");
        var quota = await client.Json("quota", "show");
        quota.ToString().ShouldContain("cores");
        (await client.Json("usage", "show", "--start", "2026-01-01")).ToString().ShouldContain("Hours");
        (await client.Refused("server", "show", "none")).ShouldContain("none");

        await client.Run("server", "delete", "--wait", "web");
        await client.Run("server", "delete", "second");
        (await client.Json("server", "list")).GetArrayLength().ShouldBe(0);
    }

    private sealed class Client(PlatformFixture platform, OrderWorld world)
    {
        internal async Task<JsonElement> Json(params string[] words)
        {
            var (code, output, said) = await Call([.. words, "-f", "json"]);
            code.ShouldBe(0, $"openstack {string.Join(' ', words)}: {said}");
            return JsonSerializer.Deserialize<JsonElement>(output);
        }

        internal async Task Run(params string[] words)
        {
            var (code, _, said) = await Call(words);
            code.ShouldBe(0, $"openstack {string.Join(' ', words)}: {said}");
        }

        internal async Task<string> Refused(params string[] words)
        {
            var (code, _, said) = await Call(words);
            code.ShouldNotBe(0);
            return said;
        }

        private async Task<(int Code, string Output, string Said)> Call(string[] words)
        {
            var start = new ProcessStartInfo("/usr/bin/openstack", words) { RedirectStandardOutput = true, RedirectStandardError = true };
            foreach (var old in start.Environment.Keys.Where(k => k.StartsWith("OS_", StringComparison.Ordinal)).ToList()) { start.Environment.Remove(old); }
            foreach (var (name, value) in new (string, string)[]
            {
                ("OS_AUTH_URL", new Uri(platform.Address, "/openstack/identity/v3").ToString()), ("OS_USERNAME", world.OfficerName), ("OS_PASSWORD", PlatformFixture.Password), ("OS_PROJECT_ID", $"{world.System:N}"),
                ("OS_USER_DOMAIN_ID", "default"), ("OS_IDENTITY_API_VERSION", "3"), ("PYTHONIOENCODING", "utf-8"), ("LC_ALL", "C.UTF-8"),
            })
            {
                start.Environment[name] = value;
            }

            using var process = Process.Start(start)!;
            var (output, said) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
            using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(2));
            try { await process.WaitForExitAsync(patience.Token); }
            catch (OperationCanceledException) { process.Kill(entireProcessTree: true); throw; }
            return (process.ExitCode, await output, await said);
        }
    }
}
