using System.Text.RegularExpressions;
using Microsoft.Data.Sqlite;
using Zhengtong.Demonstration;

namespace Zhengtong.EndToEnd;

/// <summary>The main job through the pages, by two officers and two leaders, each at a window of their own: with the pointer, with the keyboard alone,
/// without script, and on a phone.</summary>
public sealed partial class MainJourneyTests(DemoPlatform platform)
{
    private static readonly SyntheticProvince Synthetic = new(Province.Load());

    [Theory]
    [InlineData("pointer", "enterprises", "zh-CN", 1440)]
    [InlineData("keyboard", "individual_businesses", "en", 1440)]
    [InlineData("no-script", "abnormal_operations", "zh-CN", 1440)]
    [InlineData("phone", "abnormal_operations", "en", 390)]
    public async Task Journey_TwoOfficersAndTwoLeaders_RowsArriveUnderSealAndStopAtRevocation(string manner, string table, string language, int width)
    {
        var hands = new Hands(keyboard: manner == "keyboard");
        var script = manner != "no-script";
        var spec = Synthetic.Table(table);
        var name = $"{spec.Spec.Title}（{manner}）";
        var target = $"{table}_{manner.Replace('-', '_')}";
        async Task<IPage> AsAsync(string account) => await platform.OpenAsync(account, language, width, script);
        async Task ShowAsync(IPage page, string moment)
        {
            if (script) { (await Accessibility.FindingsAsync(page)).ShouldBeEmpty(); }
            await page.ShootAsync($"journey-{manner}-{moment}-{language}");
        }

        // The provider's officer registers the table, mounts it and publishes.
        var provider = await AsAsync("aic-officer");
        await provider.GotoAsync("/work/catalogue/register");
        await hands.WriteAsync(provider, "[name='name']", name);
        await hands.WriteAsync(provider, "[name='sharingCondition']", spec.Spec.Condition ?? spec.Spec.Title);
        await hands.PressAsync(provider, "details.paste summary");
        await hands.WriteAsync(provider, "[name='paste']", Columns(spec));
        await hands.PressAsync(provider, "button[value='paste']");
        await ShowAsync(provider, "1-register");
        await hands.PressAsync(provider, ".acts button[value='register'].btn-primary");
        await provider.WaitForURLAsync(Resource());
        var resource = Ids().Match(provider.Url).Value;
        await MountAsync(hands, provider, resource, table);
        await hands.PressAsync(provider, $"{Form("publish")} button[type='submit']");
        await ShowAsync(provider, "2-published");

        // The consumer's officer finds it and applies.
        var consumer = await AsAsync("fda-officer");
        await consumer.GotoAsync("/work/catalogue");
        await hands.WriteAsync(consumer, "main [name='text']", name);
        await hands.PressAsync(consumer, "main form:has([name='text']) button[type='submit']");
        await hands.PressAsync(consumer, $"main a[href$='{resource}']");
        await hands.PressAsync(consumer, "main a[href^='/work/applications/new']");
        foreach (var column in spec.Columns.Where(c => !c.IsKey).Take(4)) { await hands.TickAsync(consumer, $"[name='columns'][value='{column.Name}']"); }
        await hands.WriteAsync(consumer, "[name='purpose']", "Checking food businesses against the register");
        await hands.WriteAsync(consumer, "[name='legalGround']", "Food Safety Law, article 35");
        await ShowAsync(consumer, "3-apply");
        await hands.PressAsync(consumer, $"{Form("apply")} button.btn-primary");
        await consumer.WaitForURLAsync(Application());
        var application = Ids().Match(consumer.Url).Value;

        // The provider's officer confirms; both leaders seal.
        await provider.GotoAsync($"/work/applications/{application}");
        await ShowAsync(provider, "4-confirm");
        await hands.PressAsync(provider, $"{Form("confirm")} button[type='submit']");
        await provider.WaitForURLAsync(Agreement());
        var agreement = Ids().Match(provider.Url).Value;
        foreach (var leader in new[] { "aic-leader", "fda-leader" })
        {
            var page = await AsAsync(leader);
            await page.GotoAsync($"/work/agreements/{agreement}");
            await ShowAsync(page, $"5-seal-{leader}");
            await hands.PressAsync(page, $"{Form("seal")} button[type='submit']");
            await ShowAsync(page, $"6-sealed-{leader}");
            await page.Context.CloseAsync();
        }

        // The consumer's officer names the table; the rows arrive.
        await consumer.GotoAsync($"/work/agreements/{agreement}");
        await NameTargetAsync(hands, consumer, agreement, target);
        await consumer.GotoAsync($"/work/agreements/{agreement}");
        await ArriveAsync(target, spec.Spec.Rows);
        // The open page follows by itself where script runs.
        if (script) { await Assertions.Expect(consumer.Locator($"[data-live-url] data[value='{spec.Spec.Rows}']").First).ToBeVisibleAsync(new() { Timeout = 15_000 }); }
        await consumer.GotoAsync($"/work/agreements/{agreement}");
        await ShowAsync(consumer, "7-delivered");

        // A leader revokes; the delivery is stopped.
        var revoker = await AsAsync("aic-leader");
        await revoker.GotoAsync($"/work/agreements/{agreement}");
        await hands.WriteAsync(revoker, $"{Form("change")} [name='reason']", "The journey ends here");
        await hands.PressAsync(revoker, $"{Form("change")} button[value='revoke']");
        await hands.PressAsync(revoker, $"{Form("revoke")} button[type='submit']");
        await ShowAsync(revoker, "8-revoked");
        (await revoker.Locator(Form("seal")).CountAsync()).ShouldBe(0);
        (await revoker.Locator(Form("change")).CountAsync()).ShouldBe(0);
        foreach (var page in new[] { provider, consumer, revoker }) { await page.Context.CloseAsync(); }
    }

    private static string Form(string name) => $"form:has(input[name='_handler'][value='{name}'])";

    private static string Columns(SyntheticTable table) =>
        string.Join('\n', table.Columns.Select(c => $"{c.Title}\t{c.Name}\t{c.Type.ToString().ToLowerInvariant()}\t{c.Length}\t{(c.IsKey ? "yes" : "")}"));

    private static async Task MountAsync(Hands hands, IPage page, string resource, string table)
    {
        var home = page.Url;
        await page.GotoAsync($"/work/exchange/mount/{resource}");
        await ChooseSourceAsync(hands, page, "mount");
        await hands.WriteAsync(page, $"{Form("mount")} [name='table']", table);
        await hands.WriteAsync(page, $"{Form("mount")} [name='watermarkColumn']", "updated_at");
        await hands.PressAsync(page, $"{Form("mount")} button.btn-primary");
        (await page.Locator(".faults:visible").CountAsync()).ShouldBe(0);
        await page.GotoAsync(home);
    }

    private static async Task NameTargetAsync(Hands hands, IPage page, string agreement, string target)
    {
        await page.GotoAsync($"/work/exchange/intake/{agreement}");
        await ChooseSourceAsync(hands, page, "intake");
        await hands.WriteAsync(page, $"{Form("intake")} [name='table']", target);
        await hands.TickAsync(page, $"{Form("intake")} [name='create']");
        await hands.PressAsync(page, $"{Form("intake")} button.btn-primary");
        (await page.Locator(".faults:visible").CountAsync()).ShouldBe(0);
    }

    private static async Task ChooseSourceAsync(Hands hands, IPage page, string form)
    {
        var list = $"{Form(form)} [name='dataSourceId']";
        await hands.ChooseAsync(page, list, await page.Locator($"{list} option:not([value=''])").First.EvaluateAsync<string>("option => option.value"));
    }

    /// <summary>Counts in the consumer's own file until all rows are there.</summary>
    private async Task ArriveAsync(string target, int rows)
    {
        var deadline = TimeProvider.System.GetUtcNow().AddMinutes(4);
        while (await CountAsync(target) is var received && received != rows)
        {
            if (TimeProvider.System.GetUtcNow() > deadline) { throw new TimeoutException($"{received} of {rows} rows after four minutes"); }
            await Task.Delay(500);
        }
    }

    private async Task<long> CountAsync(string target)
    {
        foreach (var file in Directory.GetFiles(Path.Combine(platform.Folder, "departments"), "business.db", SearchOption.AllDirectories))
        {
            await using var connection = new SqliteConnection($"Data Source={file};Mode=ReadOnly;Pooling=False");
            await connection.OpenAsync();
            await using var command = connection.CreateCommand();
            command.CommandText = $"SELECT count(*) FROM sqlite_schema WHERE name = '{target}'";
            if (await command.ExecuteScalarAsync() is not 1L) { continue; }
            command.CommandText = $"SELECT count(*) FROM {target}";
            return (long)(await command.ExecuteScalarAsync())!;
        }

        return 0;
    }

    [GeneratedRegex("/work/catalogue/[0-9a-f-]{36}")]
    private static partial Regex Resource();

    [GeneratedRegex("/work/applications/[0-9a-f-]{36}")]
    private static partial Regex Application();

    [GeneratedRegex("/work/agreements/[0-9a-f-]{36}")]
    private static partial Regex Agreement();

    [GeneratedRegex("[0-9a-f]{8}-[0-9a-f-]{27}")]
    private static partial Regex Ids();
}
