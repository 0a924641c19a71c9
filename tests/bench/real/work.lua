-- SPDX-License-Identifier: MIT
-- Work for lua: binary trees, strings that are made and put together, tables that grow.
local n = math.tointeger(tonumber(arg[1]))

local seed = 42
local function random(limit)
    seed = (seed * 1103515245 + 12345) % 2147483648
    return seed // 7 % limit
end

local function tree(depth)
    if depth == 0 then return { value = 1 } end
    return { left = tree(depth - 1), right = tree(depth - 1), value = depth }
end

local function total(node)
    return node.left and node.value + total(node.left) + total(node.right) or node.value
end

local long, sum = tree(15), 0
for _ = 1, n // 2000 do
    sum = sum + total(tree(10))
end
print("trees", total(long), sum)

local words = {}
for i = 1, n do
    words[i] = ("w%d-%s"):format(random(n), ("ab"):rep(random(20)))
end
table.sort(words)
local text = table.concat(words, " ", 1, n // 2)
local count = {}
for word in text:gmatch("w%d+") do
    count[word] = (count[word] or 0) + 1
end
local other = text:gsub("ab", "cde"):upper()
print("strings", #text, #other, words[n // 3])

local grid = {}
for i = 1, n do
    local row = grid[i % 1000] or {}
    row[#row + 1] = { i, random(100), name = "n" .. i }
    grid[i % 1000] = row
end
local kept = 0
for i = 0, 999 do
    if i % 3 == 0 then
        grid[i] = nil
    else
        table.sort(grid[i], function(x, y) return x[2] * 1e9 + x[1] < y[2] * 1e9 + y[1] end)
        kept = kept + grid[i][1][1]
    end
end
print("tables", kept)
