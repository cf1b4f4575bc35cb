Console.WriteLine("No benchmark is written yet.");
