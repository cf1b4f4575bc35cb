using System.Text.Json;
using System.Text.RegularExpressions;

namespace Zhengtong.EndToEnd;

/// <summary>An application that a chain of several offices reviews: agreed, sent back for supplements, supplemented, granted; then a deputy is named. With the pointer, with the keyboard alone, without script, and on a phone.</summary>
public sealed partial class ReviewTests(DemoPlatform platform)
{
    /// <summary>Other journeys apply to the same provider: the chain is for these days alone and passes over every other period.</summary>
    private const int Period = 321;

    [Theory]
    [InlineData("keyboard", "zh-CN", 1440)]
    [InlineData("no-script", "en", 1440)]
    [InlineData("phone", "zh-CN", 390)]
    public async Task Review_ThroughTwoOffices_IsSupplementedAndGranted(string manner, string language, int width)
    {
        var (hands, script) = (new Hands(keyboard: manner == "keyboard"), manner != "no-script");
        async Task<IPage> AsAsync(string account) => await platform.OpenAsync(account, language, width, script);

        var authority = await AsAsync("authority");
        var (consumer, provider) = (await AsAsync("fda-officer"), await AsAsync("aic-officer"));
        var resource = await PublishAsync(provider, $"review-{manner}");
        await DefineAsync(authority, resource.Provider);

        await consumer.GotoAsync($"/work/applications/new?resource={resource.Id}");
        await hands.TickAsync(consumer, "[name='columns'][value='name']");
        await hands.WriteAsync(consumer, "[name='purpose']", "食品经营许可核验企业登记信息");
        await hands.WriteAsync(consumer, "[name='legalGround']", "食品安全法第三十五条");
        // A date's parts are typed differently in each browser.
        await consumer.Locator("[name='until']").FillAsync(TimeProvider.System.GetUtcNow().AddHours(8).AddDays(Period - 1).ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture));
        await hands.PressAsync(consumer, $"{Form("apply")} button.btn-primary");
        await consumer.WaitForURLAsync(Application());
        await ShowAsync(consumer, "1-applied");
        await hands.PressAsync(consumer, "main a[href^='/work/reviews/']");
        var review = Ids().Match(consumer.Url).Value;
        await ShowAsync(consumer, "2-applicant");

        await provider.GotoAsync("/work/reviews");
        await ShowAsync(provider, "3-desk");
        await hands.PressAsync(provider, $"main a[href='/work/reviews/{review}']");
        await ShowAsync(provider, "4-step");
        await hands.WriteAsync(provider, "[name='opinion']", "请补充核验的业务环节");
        await hands.PressAsync(provider, $"{Form("decide")} details:has([name='missing']) summary");
        await hands.WriteAsync(provider, "[name='missing']", "业务环节说明\n经办人联系方式");
        await ShowAsync(provider, "5-returning");
        await hands.PressAsync(provider, "button[value='return']");
        await ShowAsync(provider, "6-stopped");

        await consumer.GotoAsync($"/work/reviews/{review}");
        await ShowAsync(consumer, "7-supplement");
        await hands.WriteAsync(consumer, "[name='answer']", "用于食品经营许可的主体资格核验；联系人张某。");
        await hands.PressAsync(consumer, $"{Form("supplement")} button[type='submit']");

        await provider.GotoAsync($"/work/reviews/{review}");
        await hands.WriteAsync(provider, "[name='opinion']", "材料齐全，同意");
        await hands.PressAsync(provider, "button[value='approve']");
        await authority.GotoAsync("/work/reviews");
        await ShowAsync(authority, "8-authority-desk");
        await hands.PressAsync(authority, $"main a[href='/work/reviews/{review}']");
        await ShowAsync(authority, "9-authority");
        await hands.WriteAsync(authority, "[name='opinion']", "同意共享");
        await hands.PressAsync(authority, "button[value='approve']");
        (await authority.Locator(".faults:visible").CountAsync()).ShouldBe(0);
        await ShowAsync(authority, "10-granted");
        (await authority.Locator(Form("decide")).CountAsync()).ShouldBe(0);
        await hands.PressAsync(authority, "main .timeline ~ details summary");
        await ShowAsync(authority, "11-proofs");

        // Away for a while: a colleague holds the post.
        await provider.GotoAsync("/work/reviews");
        await hands.PressAsync(provider, "main a[href='/work/reviews/delegations']");
        await hands.ChooseAsync(provider, "[name='deputy']", (await provider.Locator("[name='deputy'] option[value]:not([value=''])").First.GetAttributeAsync("value"))!);
        await hands.WriteAsync(provider, $"{Form("name")} [name='reason']", "出差");
        await hands.PressAsync(provider, $"{Form("name")} button[type='submit']");
        (await provider.Locator(".faults:visible").CountAsync()).ShouldBe(0);
        await ShowAsync(provider, "12-deputy");
        await hands.PressAsync(provider, $"{Form("end")} button[type='submit']");
        (await provider.Locator(".faults:visible").CountAsync()).ShouldBe(0);
        foreach (var page in new[] { authority, provider, consumer }) { await page.Context.CloseAsync(); }

        async Task ShowAsync(IPage page, string moment)
        {
            if (script) { (await Accessibility.FindingsAsync(page)).ShouldBeEmpty(); }
            (await page.EvaluateAsync<int>("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")).ShouldBe(0, $"{moment} scrolls sideways at {width}");
            await page.ShootAsync($"review-{manner}-{moment}-{language}");
        }
    }

    /// <summary>A resource of the provider's, through the interface: it is not what this journey is about.</summary>
    private static async Task<(string Id, string Provider)> PublishAsync(IPage page, string name)
    {
        var made = await PostAsync(page, "/api/v1/resources", new
        {
            name = $"企业登记信息（{name}）", @abstract = "企业名称与统一社会信用代码", sharingType = "unconditional", updateCycle = "daily",
            items = new object[] { new { name = "统一社会信用代码", column = "code", type = "text", length = 18, isKey = true }, new { name = "企业名称", column = "name", type = "text", length = 200, isKey = false } },
        });
        var id = made.GetProperty("id").GetString()!;
        await PostAsync(page, $"/api/v1/resources/{id}/publication", new { revision = 1 });
        return (id, (await GetAsync(page, $"/api/v1/resources/{id}")).GetProperty("providerId").GetString()!);
    }

    private static async Task DefineAsync(IPage authority, string provider)
    {
        var skipWhen = new[] { new { field = "days", @operator = "notEqual", value = $"{Period}" } };
        await PostAsync(authority, "/api/v1/review-chains", new
        {
            kind = "agreements.application", validFrom = TimeProvider.System.GetUtcNow().AddHours(8).ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture), source = "省政务数据共享审核办法", organisation = provider,
            steps = new object[]
            {
                new { name = "提供方审核", seat = "provider", post = "departmentOfficer", days = 5, skipWhen },
                new { name = "主管部门审批", seat = "authority", post = "authority", days = 5, level = "province", skipWhen },
            },
        });
    }

    private static async Task<JsonElement> PostAsync(IPage page, string address, object body)
    {
        var response = await page.APIRequest.PostAsync(address, new() { DataObject = body });
        response.Ok.ShouldBeTrue(await response.TextAsync());
        return await response.TextAsync() is { Length: > 0 } text ? JsonDocument.Parse(text).RootElement : default;
    }

    private static async Task<JsonElement> GetAsync(IPage page, string address) => JsonDocument.Parse(await (await page.APIRequest.GetAsync(address)).TextAsync()).RootElement;

    private static string Form(string name) => $"form:has(input[name='_handler'][value='{name}'])";

    [GeneratedRegex("/work/applications/[0-9a-f-]{36}")]
    private static partial Regex Application();

    [GeneratedRegex("[0-9a-f]{8}-[0-9a-f-]{27}")]
    private static partial Regex Ids();
}
