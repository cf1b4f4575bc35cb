using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Identity;
using Zhengtong.Tests.Cloud.Engines;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Cloud.Resources;

/// <summary>A terminal in a container of a real LXD, over the platform.</summary>
[OnDatabase(Once = true)]
[Collection(typeof(LxdTests))]
public sealed class LxdTerminalTests(LxdFixture lxd)
{
    [Fact]
    public async Task Shell_InAContainer_EchoesResizesAndIsEndedWithItsLine()
    {
        _ = lxd.Engine;
        // A range of its own beside the other platforms on this machine.
        var platform = new PlatformFixture { Configure = b => b.Configuration["Cloud:TenantNetworks"] = "10.249.0.0/16" };
        await platform.InitializeAsync();
        try
        {
            var owner = await platform.Department();
            var id = await RunningInstance.DeliverAsync(platform.App, owner.Id, "lxd", $"unix:{lxd.Daemon.Socket}");
            var client = await platform.SignedIn(owner, Role.DepartmentOfficer);
            await using (var line = await TestLine.OpenAsync(platform, client, id, "?columns=101&rows=31"))
            {
                await line.TypeAsync("echo $((40+2))-政通; stty size; pwd\n");
                await line.UntilAsync("42-政通");
                await line.UntilAsync("31 101");
                await line.SayAsync("""{"columns":132,"rows":43}""");
                await line.TypeAsync("sleep 0.3; stty size; echo $TERM; sleep 777\n");
                await line.UntilAsync("43 132");
                await line.UntilAsync("xterm-256color");
            }

            // Whoever goes leaves no program behind.
            await using var next = await TestLine.OpenAsync(platform, client, id);
            await next.TypeAsync("while ps | grep -q '[s]leep 777'; do sleep 0.2; done; echo none-$((1+1))\n");
            await next.UntilAsync("none-2");
            await next.TypeAsync("exit\n");
            (await next.UntilClosedAsync()).Item2.ShouldBe("ended");
            await using var console = await TestLine.OpenAsync(platform, client, id, "?kind=console");
            // The websocket is open before the console is: the ledger says when.
            for (var n = 0; n < 600 && await platform.WithDb(db => db.Ledger.CountAsync(e => e.Subject == id.ToString() && e.Event == "cloud.terminal-opened")) < 3; n++) { await Task.Delay(100, TestContext.Current.CancellationToken); }
            await using var second = await TestLine.OpenAsync(platform, client, id, "?kind=console");
            (await second.UntilClosedAsync()).Item2.ShouldBe("busy");
        }
        finally { await platform.DisposeAsync(); }
    }
}
