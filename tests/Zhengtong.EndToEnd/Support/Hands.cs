namespace Zhengtong.EndToEnd.Support;

/// <summary>How a person acts on a page: with the pointer, or with the keyboard alone.</summary>
internal sealed class Hands(bool keyboard)
{
    private const int MostTabs = 400;

    /// <summary>Writes into a field in place of what is there.</summary>
    internal async Task WriteAsync(IPage page, string field, string text)
    {
        if (!keyboard)
        {
            await page.Locator(field).FillAsync(text);
            return;
        }

        await ReachAsync(page, field);
        await page.Keyboard.PressAsync("Control+A");
        // As pasted: a list of columns holds tabs, which typing would take as leaving the field.
        await page.Keyboard.InsertTextAsync(text);
    }

    /// <summary>Follows a link, presses a button, opens what is folded; then waits until the page that follows is there.</summary>
    internal async Task PressAsync(IPage page, string target)
    {
        var leads = !await page.Locator(target).First.EvaluateAsync<bool>("element => element.matches('summary')");
        // Whether the document is replaced or mended in place, the mark goes with what was there before.
        if (leads) { await page.EvaluateAsync("() => { document.documentElement.dataset.before = 'yes' }"); }
        if (keyboard)
        {
            await ReachAsync(page, target);
            await page.Keyboard.PressAsync("Enter");
        }
        else
        {
            await page.Locator(target).First.ClickAsync();
        }

        if (leads) { await page.WaitForFunctionAsync("() => document.readyState === 'complete' && !document.documentElement.dataset.before"); }
    }

    /// <summary>Ticks a box that is not ticked.</summary>
    internal async Task TickAsync(IPage page, string box)
    {
        if (await page.Locator(box).IsCheckedAsync()) { return; }
        if (!keyboard)
        {
            await page.Locator(box).CheckAsync();
            return;
        }

        await ReachAsync(page, box);
        await page.Keyboard.PressAsync("Space");
    }

    /// <summary>Chooses in a list by its value.</summary>
    internal async Task ChooseAsync(IPage page, string list, string value)
    {
        if (!keyboard)
        {
            await page.Locator(list).SelectOptionAsync(value);
            return;
        }

        await ReachAsync(page, list);
        await page.Keyboard.PressAsync("Home");
        for (var step = 0; step < MostTabs; step++)
        {
            if (await page.Locator(list).InputValueAsync() == value) { return; }
            await page.Keyboard.PressAsync("ArrowDown");
        }

        throw new InvalidOperationException($"{list} has no {value} that the arrow keys reach");
    }

    /// <summary>Tab by Tab, as long as it takes; what cannot be reached so cannot be used without a mouse.</summary>
    private static async Task ReachAsync(IPage page, string target)
    {
        await page.Locator(target).First.WaitForAsync();
        for (var tab = 0; tab < MostTabs; tab++)
        {
            if (await page.Locator(target).First.EvaluateAsync<bool>("element => element === document.activeElement")) { return; }
            await page.Keyboard.PressAsync("Tab");
        }

        throw new InvalidOperationException($"{target} is not reached with the Tab key on {page.Url}");
    }
}
